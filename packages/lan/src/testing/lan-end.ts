// SPDX-License-Identifier: MIT
import { type Exchange, type LanProblem, runExchange } from "../exchange.ts";
import { keyRing } from "../key.ts";
import { open } from "../packet.ts";
import type { FakeLan } from "./fake-lan.ts";

/** One ring for all tests of a process: a key costs a tenth of a second. */
export const ring = keyRing();
export const theId = "studio-7";
export const theKey = () => ring.key(theId, "flitter_webrtc");

export interface LanEnd {
  readonly exchange: Exchange;
  /** Descriptions made, in order: `offer 1 of cal`, or `answer of ans to …`. */
  readonly made: readonly string[];
  /** Answers applied, each with the last description made before. */
  readonly finished: readonly { readonly offer: string | undefined; readonly answer: string }[];
  readonly problems: readonly LanProblem[];
}

export interface LanEndParts {
  readonly id?: string;
  readonly describe?: (count: number, offer: string | undefined) => string | Promise<string>;
  readonly apply?: (answer: string) => void;
  readonly trims?: boolean;
}

/** One end of the exchange on a fake LAN, with descriptions that count up, as a peer connection would make them. */
export const lanEnd = async (
  lan: FakeLan,
  role: "caller" | "answerer",
  name: string,
  parts: LanEndParts = {},
): Promise<LanEnd> => {
  const { id = theId, apply = () => {}, trims = true } = parts;
  const describe =
    parts.describe ??
    ((count: number, offer: string | undefined) =>
      offer === undefined ? `offer ${count} of ${name}` : `answer of ${name} to ${offer}`);
  const made: string[] = [];
  const finished: { offer: string | undefined; answer: string }[] = [];
  const problems: LanProblem[] = [];
  const exchange = await runExchange({
    role,
    key: await ring.key(id, "flitter_webrtc"),
    openSocket: async () => lan.socket(name, role === "answerer"),
    ground: lan,
    trims,
    onProblem: (problem) => problems.push(problem),
    negotiator: {
      async begin(offer) {
        const description = await describe(made.length + 1, offer);
        made.push(description);
        return description;
      },
      async finish(answer) {
        apply(answer);
        finished.push({ offer: made.at(-1), answer });
      },
    },
  });
  return { exchange, made, finished, problems };
};

/** When each datagram was sent, and the description in it (or why it cannot be opened). */
export const told = async (lan: FakeLan) => {
  const key = await theKey();
  return lan.sent.map(({ at, packet }) => {
    const message = open(packet, key, Math.floor((lan.start + at) / 1000));
    return [at, typeof message === "string" ? message : message.sdp] as const;
  });
};
