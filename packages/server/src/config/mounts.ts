// SPDX-License-Identifier: MIT
/** Mounts: which dialect is served where, and how. What a dialect can be told is known to whoever composes it. */
import { parseRoomName } from "@signalbox/core";
import { limitsReader, type SomeLimits } from "./limits.ts";
import { suggestion } from "./nearest.ts";
import {
  type Checked,
  expected,
  fields,
  flag,
  isProblem,
  listOf,
  mountPath,
  origin,
  type Reader,
} from "./readers.ts";

export interface MountConfig {
  readonly dialect: string;
  readonly path?: string;
  readonly room?: string;
  readonly announced?: boolean;
  readonly refuseTaken?: boolean;
  readonly checkFrom?: boolean;
  readonly origins?: readonly string[];
  readonly limits?: SomeLimits;
  /** Do not serve the dialect's default mount. */
  readonly off?: boolean;
}

export type MountKey = Exclude<keyof MountConfig, "dialect">;

/** What each dialect can be told of a mount. */
export type MountKeys = { readonly [dialect: string]: readonly MountKey[] };

const room: Reader<string> = (given, where) =>
  parseRoomName(given) === undefined
    ? expected(where, "the name of a room, of 1 to 256 characters", given)
    : { value: String(given) };

const readers: { readonly [Key in MountKey]: Reader<NonNullable<MountConfig[Key]>> } = {
  path: mountPath,
  room,
  announced: flag,
  refuseTaken: flag,
  checkFrom: flag,
  origins: listOf(origin),
  limits: limitsReader("mount"),
  off: flag,
};

const isMountKey = (key: string): key is MountKey => Object.hasOwn(readers, key);

/** A mount: `DIALECT=PATH,key=value,…` of a command line, or the group of a file. */
export const mountReader =
  (known: MountKeys): Reader<MountConfig> =>
  (given, where) => {
    const parts =
      typeof given === "string"
        ? fromText(given, where)
        : fields(given, where, ["dialect", ...Object.keys(readers)], suggest);
    if (isProblem(parts)) return parts;
    const { dialect, ...rest } = parts.value;
    const keys = typeof dialect === "string" ? known[dialect] : undefined;
    if (typeof dialect !== "string" || keys === undefined) {
      const near = typeof dialect === "string" ? suggestion(dialect, Object.keys(known)) : "";
      return { problem: `${where}: the dialect must be one of ${Object.keys(known).join(", ")}${near}` };
    }
    let mount: MountConfig = { dialect };
    for (const [key, value] of Object.entries(rest)) {
      if (!isMountKey(key)) return { problem: `${where}: there is no ${JSON.stringify(key)}${suggest(key)}` };
      if (!keys.includes(key)) return { problem: `${where}: ${dialect} cannot be told ${key}` };
      const checked = readers[key](value, `${where}: ${key}`);
      if (isProblem(checked)) return checked;
      mount = { ...mount, [key]: checked.value };
    }
    return { value: mount };
  };

const suggest = (key: string): string => suggestion(key, ["dialect", ...Object.keys(readers)]);

const fromText = (given: string, where: string): Checked<{ readonly [key: string]: unknown }> => {
  const [head = "", ...options] = given.split(",");
  const [, dialect, path] = /^([^=]+)(?:=(.*))?$/.exec(head) ?? [];
  if (dialect === undefined)
    return expected(where, "DIALECT=PATH, with ,key=value after it where needed", given);
  const parts: { [key: string]: unknown } = { dialect };
  if (path === "off") parts.off = true;
  else if (path !== undefined) parts.path = path;
  for (const option of options) {
    const [, key = "", value] = /^([^=]*)(?:=(.*))?$/.exec(option) ?? [];
    parts[key] = value ?? true;
  }
  return { value: parts };
};
