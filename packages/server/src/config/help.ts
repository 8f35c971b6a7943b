// SPDX-License-Identifier: MIT
import type { MountKeys } from "./mounts.ts";
import { optionTable } from "./options.ts";

const width = 100;
const indent = 6;

/** The help of a command, made from the table of its options. */
export const helpText = (command: string, mountKeys: MountKeys, onlyFlitter: boolean): string => {
  const groups = new Map<string, string[]>();
  for (const row of Object.values(optionTable(mountKeys))) {
    if (row.flag === undefined || (onlyFlitter && row.flitter !== true)) continue;
    const lines = groups.get(row.group) ?? [];
    groups.set(row.group, lines);
    const repeats = row.many === true ? "  (may be repeated)" : "";
    lines.push(
      `  --${row.flag}${row.takes === undefined ? "" : ` ${row.takes}`}${repeats}`,
      ...wrapped(row.says),
    );
  }
  const general = [
    ...(onlyFlitter ? [] : ["  --config FILE", ...wrapped("Read options from this file, YAML or JSON.")]),
    "  --help, --version",
  ];
  return [
    `Usage: ${command} [options]`,
    "",
    ...wrapped(
      "Runs a WebRTC rendezvous server. A command line outranks the environment (--public-url is SIGNALBOX_PUBLIC_URL; several values are " +
        "separated by spaces), and both outrank the config file (publicUrl).",
      0,
    ),
    "",
    ...[...groups].flatMap(([group, lines]) => [`${group}:`, ...lines, ""]),
    "General:",
    ...general,
    "",
  ].join("\n");
};

const wrapped = (text: string, by = indent): readonly string[] => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && by + line.length + 1 + word.length > width) {
      lines.push(" ".repeat(by) + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, " ".repeat(by) + line];
};
