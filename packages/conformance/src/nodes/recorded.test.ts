// SPDX-License-Identifier: MIT
/** The recordings of the original clients, their parties spread over three server processes. */
import { after, describe, test } from "node:test";
import { readTranscript } from "../transcripts/transcript.ts";
import { replaySpread } from "./spread.ts";
import { threeNodes } from "./three.ts";

const three = await threeNodes();

const recordings = [
  ["flitter/server-probe.txt", { compare: "json", recordedBy: "probe", tellsMembers: true }],
  ["flitter/two-clients.txt", { compare: "json", recordedBy: "client", tellsMembers: true }],
  ["unrupt/unrupt-clients.txt", { compare: "verbatim", recordedBy: "probe", tellsMembers: false }],
  ["unrupt/pipe-clients.txt", { compare: "verbatim", recordedBy: "probe", tellsMembers: false }],
] as const;

for (const [name, manner] of recordings) {
  describe(`${name}, each connection to another node`, { timeout: 60_000 }, () => {
    const { checks, end } = replaySpread(() => three, readTranscript(name), manner);
    after(end);
    for (const { title, check } of checks) test(`${title}: everyone is told what the original told`, check);
  });
}
