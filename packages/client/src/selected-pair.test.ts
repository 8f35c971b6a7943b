// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { selectedPair } from "./selected-pair.ts";

const withStats = (entries: readonly object[] | Error) =>
  ({
    getStats: async () => {
      if (entries instanceof Error) throw entries;
      return new Map(entries.map((entry, index) => [`${index}`, { id: `${index}`, ...entry }]));
    },
  }) as unknown as RTCPeerConnection;

const local = {
  id: "l",
  type: "local-candidate",
  candidateType: "relay",
  protocol: "udp",
  relayProtocol: "tls",
  address: "192.0.2.1",
};
const remote = { id: "r", type: "remote-candidate", candidateType: "srflx", address: "192.0.2.2" };
const pair = { id: "p", type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r" };
const found = { local: "relay", remote: "srflx", protocol: "udp", relayProtocol: "tls" };

test("the pair is the transport's, or where there is no transport entry the one that is marked", async () => {
  const other = { ...pair, id: "other", localCandidateId: "r", remoteCandidateId: "l" };
  const transport = { id: "t", type: "transport", selectedCandidatePairId: "p" };
  assert.deepEqual(await selectedPair(withStats([other, pair, local, remote, transport])), found);
  assert.deepEqual(await selectedPair(withStats([other, { ...pair, selected: true }, local, remote])), found);
  const nominated = { ...pair, nominated: true, state: "succeeded" };
  assert.deepEqual(await selectedPair(withStats([other, nominated, local, remote])), found);
});

test("without a pair, or without statistics, nothing is claimed", async () => {
  assert.equal(await selectedPair(withStats([])), undefined);
  assert.equal(await selectedPair(withStats([pair, local, remote])), undefined);
  assert.equal(await selectedPair(withStats(new Error("not implemented"))), undefined);
});
