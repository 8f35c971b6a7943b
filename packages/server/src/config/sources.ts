// SPDX-License-Identifier: MIT
/** Where options come from: command line, environment, file. Each source gives unchecked values by key, and where each stood. */
import { parseArgs } from "node:util";
import { parseDocument } from "yaml";
import { suggestion } from "./nearest.ts";
import { environmentName, type OptionKey, type OptionTable, verbosities } from "./options.ts";
import type { Checked } from "./readers.ts";

/** One source's values. */
export type Source = ReadonlyMap<OptionKey, { readonly given: unknown; readonly where: string }>;

export interface CommandLine {
  readonly source: Source;
  /** The file named by `--config`. */
  readonly file?: string;
  readonly asks?: "help" | "version";
}

interface Named {
  readonly key: OptionKey;
  readonly flag: string;
  readonly isSwitch: boolean;
  readonly many: boolean;
  readonly flitter: boolean;
}

const isOptionKey = (table: OptionTable, key: string): key is OptionKey => Object.hasOwn(table, key);

/** The options that a command line can name. */
const named = (table: OptionTable): readonly Named[] =>
  Object.entries(table).flatMap(([key, row]) =>
    row.flag === undefined || !isOptionKey(table, key)
      ? []
      : [
          {
            key,
            flag: row.flag,
            isSwitch: row.takes === undefined,
            many: row.many === true,
            flitter: row.flitter === true,
          },
        ],
  );

/** `onlyFlitter`: as `flitter_webrtc` has them. */
export const fromCommandLine = (
  table: OptionTable,
  args: readonly string[],
  onlyFlitter: boolean,
): Checked<CommandLine> => {
  const options = named(table).filter(({ flitter }) => flitter || !onlyFlitter);
  const extra = onlyFlitter ? ["help", "version"] : ["config", "help", "version"];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries([
      ...options.map(({ flag, isSwitch }) => [
        flag,
        { type: isSwitch ? ("boolean" as const) : ("string" as const) },
      ]),
      ["config", { type: "string" as const }],
      ["help", { type: "boolean" as const, short: "h" }],
      ["version", { type: "boolean" as const, short: "V" }],
    ]),
  });
  const source = new Map<OptionKey, { given: unknown; where: string }>();
  let rest: Omit<CommandLine, "source"> = {};
  for (const token of tokens) {
    if (token.kind === "positional")
      return { problem: `what is ${JSON.stringify(token.value)}? Options begin with --` };
    if (token.kind === "option-terminator") continue;
    const { name, rawName, value } = token;
    if (name === "help" || name === "version") {
      rest = { ...rest, asks: rest.asks ?? name };
      continue;
    }
    if (name === "config" && extra.includes(name)) {
      if (value === undefined) return { problem: "--config needs a value" };
      rest = { ...rest, file: value };
      continue;
    }
    const option = options.find(({ flag }) => flag === name);
    if (option === undefined) {
      const flags = [...options.map(({ flag }) => flag), ...extra];
      return { problem: `there is no option ${rawName}${suggestion(name, flags, (flag) => `--${flag}`)}` };
    }
    const { key, isSwitch, many } = option;
    const where = `--${name}`;
    if (!isSwitch && value === undefined) return { problem: `${where} needs a value` };
    const before = source.get(key);
    if (before === undefined)
      source.set(key, { given: isSwitch ? (value ?? true) : many ? [value] : value, where });
    else if (many && Array.isArray(before.given)) before.given.push(value);
    else if (!isSwitch) return { problem: `${where} is given twice` };
  }
  return { value: { source, ...rest } };
};

export interface Environment {
  readonly source: Source;
  readonly file?: string;
  /** Names that begin like ours and are none of ours. */
  readonly strangers: readonly string[];
}

/** What container runtimes put into the environment for a service named `signalbox`: not meant for us. */
const serviceLink = /^SIGNALBOX_(?:SERVICE_|PORT_\d|[A-Z0-9_]*_TCP)/;

export const fromEnvironment = (
  table: OptionTable,
  environment: { readonly [name: string]: string | undefined },
): Environment => {
  const source = new Map<OptionKey, { given: unknown; where: string }>();
  const known = new Set([environmentName("config")]);
  for (const { key, flag, many } of named(table)) {
    const where = environmentName(flag);
    known.add(where);
    const given = environment[where];
    // Empty is how many tools spell "not set".
    if (given === undefined || given === "") continue;
    source.set(key, { given: many ? given.split(/\s+/).filter((item) => item !== "") : given, where });
  }
  const file = environment[environmentName("config")];
  return {
    source,
    ...(file === undefined || file === "" ? {} : { file }),
    strangers: Object.keys(environment).filter(
      (name) => name.startsWith("SIGNALBOX_") && !known.has(name) && !serviceLink.test(name),
    ),
  };
};

/** The text of a config file, YAML 1.2 or JSON (which is YAML too). `file` is its name, for the sentences. */
export const fromFile = (table: OptionTable, content: string, file: string): Checked<Source> => {
  const document = parseDocument(content, { prettyErrors: true });
  const [broken] = document.errors;
  if (broken !== undefined)
    return { problem: `${file}: ${(broken.message.split("\n")[0] ?? "").replace(/:$/, "")}` };
  let root: unknown;
  try {
    // A file of aliases to aliases could unfold into gigabytes.
    root = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problem: `${file}: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (root === null || root === undefined) return { value: new Map() };
  if (typeof root !== "object" || Array.isArray(root))
    return { problem: `${file}: must hold named values, such as "port: 8080"` };
  const source = new Map<OptionKey, { given: unknown; where: string }>();
  for (const [key, given] of Object.entries(root)) {
    if (!isOptionKey(table, key)) {
      return {
        problem: `${file}: there is no option ${JSON.stringify(key)}${suggestion(key, Object.keys(table))}`,
      };
    }
    source.set(key, { given, where: `${file}: ${key}` });
  }
  return { value: source };
};

/** Of the four verbosities the source of highest rank decides alone, and may name one. */
export const checkVerbosity = (source: Source): Checked<Source> => {
  const on = verbosities.filter((key) => {
    const given = source.get(key)?.given;
    return given !== undefined && given !== false && given !== "false" && given !== "0" && given !== "no";
  });
  const [first, second] = on;
  if (first !== undefined && second !== undefined) {
    return { problem: `${source.get(first)?.where} and ${source.get(second)?.where} exclude each other` };
  }
  return { value: source };
};
