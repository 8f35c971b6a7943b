// SPDX-License-Identifier: MIT
/**
 * Recordings of original programs, to be replayed here. One line, one step; names are those of connections:
 *
 * ```
 * # what was recorded, of which version
 * == title of a section; connections live on into the next one
 * + ann /websocket/?finger=ann      a connection opens, with its path and query
 * > ann {"to":"bob"}                a text frame from the client
 * >hex ann 0001                     a binary frame from the client
 * < bob {"to":"bob"}                a text frame to the client
 * - ann 1000                        the server ended the connection with this code, and no reason
 * x ann                             the client went away
 * ```
 */
import { readFileSync } from "node:fs";

export type Step =
  | { readonly kind: "opens"; readonly peer: string; readonly target: string }
  | { readonly kind: "says"; readonly peer: string; readonly frame: string | Uint8Array }
  | { readonly kind: "hears"; readonly peer: string; readonly text: string }
  | { readonly kind: "ended"; readonly peer: string; readonly code: number }
  | { readonly kind: "goes"; readonly peer: string };

export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** The sections of a transcript below `packages/conformance/transcripts`. A line of no known form is a mistake. */
export const readTranscript = (name: string): readonly Section[] => {
  const text = readFileSync(new URL(`../../transcripts/${name}`, import.meta.url), "utf8");
  return parseTranscript(text);
};

export const parseTranscript = (text: string): readonly Section[] => {
  const sections: { title: string; steps: Step[] }[] = [];
  text.split("\n").forEach((line, index) => {
    if (line === "" || line.startsWith("# ")) return;
    if (line.startsWith("== ")) {
      sections.push({ title: line.slice(3), steps: [] });
      return;
    }
    const step = stepOf(line);
    const section = sections.at(-1);
    if (step === undefined || section === undefined)
      throw new Error(`line ${index + 1} of the transcript: ${line}`);
    section.steps.push(step);
  });
  return sections;
};

const stepOf = (line: string): Step | undefined => {
  const found = /^(\+|>|>hex|<|-|x) (\S+)(?: (.*))?$/.exec(line);
  if (found === null) return undefined;
  const [, sign = "", peer = "", rest = ""] = found;
  switch (sign) {
    case "+":
      return { kind: "opens", peer, target: rest };
    case ">":
      return { kind: "says", peer, frame: rest };
    case ">hex":
      return { kind: "says", peer, frame: new Uint8Array(Buffer.from(rest, "hex")) };
    case "<":
      return { kind: "hears", peer, text: rest };
    case "-":
      return { kind: "ended", peer, code: Number(rest) };
    case "x":
      return { kind: "goes", peer };
    default:
      return undefined;
  }
};
