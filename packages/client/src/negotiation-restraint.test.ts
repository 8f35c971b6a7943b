// SPDX-License-Identifier: MIT
/** What a negotiation does not do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { createNegotiation, type Outgoing } from "./negotiation.ts";
import { toldConnection } from "./testing/told-connection.ts";
import { createTrace } from "./trace.ts";

const negotiating = (given: { readonly polite?: boolean; readonly once?: boolean } = {}) => {
  const told = toldConnection();
  const sent: Outgoing[] = [];
  const negotiation = createNegotiation(told.connection, handClock(), createTrace(handClock()), {
    send: (signal) => sent.push(signal),
    polite: () => given.polite ?? false,
    complete: false,
    once: given.once ?? false,
    wantsChannel: () => false,
    broke: assert.ifError,
  });
  negotiation.start();
  return { told, sent, negotiation, done: told.done };
};

/** A negotiation with one exchange behind it. */
const agreed = async (given?: Parameters<typeof negotiating>[0]) => {
  const all = negotiating(given);
  all.told.need();
  await settled();
  all.negotiation.remote("answer", "to ours");
  await settled();
  assert.deepEqual(all.done.splice(0), ["offer", "their answer"]);
  return all;
};

test("before it is started, nothing is offered", async () => {
  const { connection, need, done } = toldConnection();
  const never = () => assert.fail();
  createNegotiation(connection, handClock(), createTrace(handClock()), {
    send: never,
    polite: () => false,
    complete: false,
    once: false,
    wantsChannel: () => false,
    broke: never,
  });
  need();
  await settled();
  assert.deepEqual(done, []);
});

test("an offer that would say nothing new is not made; one for an ICE restart is", async () => {
  const { told, done, sent, negotiation } = await agreed();
  told.need();
  await settled();
  assert.deepEqual(done, []);
  negotiation.restart();
  await settled();
  assert.deepEqual(done, ["restart", "offer"]);
  negotiation.remote("answer", "to the restart");
  told.sdp += "m=video 9\r\na=mid:1\r\na=sendrecv\r\n";
  told.need();
  await settled();
  assert.deepEqual(done.splice(0), ["restart", "offer", "their answer", "offer"]);
  assert.deepEqual(
    sent.map((signal) => "again" in signal),
    [false, true, true],
  );
});

test("candidates that follow an offer which is passed over are passed over too, their end among them", async () => {
  const { told, done, negotiation } = negotiating();
  told.need();
  await settled();
  negotiation.remote("offer", "theirs");
  negotiation.candidate({ candidate: "of theirs" });
  negotiation.candidate(undefined);
  negotiation.remote("answer", "to ours");
  negotiation.candidate({ candidate: "of the answer" });
  await settled();
  assert.deepEqual(done, ["offer", "their answer", "their candidate"]);
});

test("a candidate is added to the description it belongs to: those of an older one never, those of the next when it is there", async () => {
  const { done, negotiation } = await agreed({ polite: true });
  const candidate = (usernameFragment: string) => ({ candidate: "candidate:1", usernameFragment });
  negotiation.remote("offer", "v=0\r\na=ice-ufrag:second\r\n");
  negotiation.candidate(candidate("first"));
  negotiation.candidate({ candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host ufrag first" });
  await settled();
  assert.deepEqual(done.splice(0), ["their offer", "answer"]);
  negotiation.candidate(candidate("second"));
  negotiation.candidate(candidate("third"));
  negotiation.candidate({ candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host" });
  await settled();
  assert.deepEqual(done.splice(0), ["their candidate", "their candidate"]);
  negotiation.remote("offer", "v=0\na=ice-ufrag:third\n");
  await settled();
  assert.deepEqual(done.splice(0), ["their offer", "their candidate", "answer"]);
});

test("of candidates that come early, 64 are kept", async () => {
  const { done, negotiation } = await agreed({ polite: true });
  negotiation.remote("offer", "v=0\r\na=ice-ufrag:now\r\n");
  for (let count = 0; count < 100; count += 1)
    negotiation.candidate({ candidate: "c", usernameFragment: "next" });
  negotiation.remote("offer", "v=0\r\na=ice-ufrag:next\r\n");
  await settled(3_000);
  assert.equal(done.filter((what) => what === "their candidate").length, 64);
});

test("after a lost offer there is no other until the line is back, or theirs comes", async () => {
  const { told, done, sent, negotiation } = await agreed();
  told.sdp += "m=video 9\r\na=mid:1\r\na=sendrecv\r\n";
  told.need();
  await settled();
  negotiation.withdraw();
  await settled();
  // A stack says again what was rolled back.
  told.need();
  await settled();
  assert.deepEqual(done.splice(0), ["offer", "rollback"]);
  negotiation.resume();
  await settled();
  assert.deepEqual(done.splice(0), ["offer"]);
  negotiation.withdraw();
  negotiation.remote("offer", "theirs");
  await settled();
  assert.deepEqual(done.splice(0), ["rollback", "their offer", "answer"]);
  assert.equal(sent.at(-1)?.kind, "answer");
});

test("with a peer whose protocol knows one exchange there is one", async () => {
  const { told, done, negotiation } = await agreed({ once: true });
  told.sdp += "m=video 9\r\na=mid:1\r\na=sendrecv\r\n";
  told.need();
  negotiation.restart();
  await settled();
  assert.deepEqual(done, ["restart"]);
});

test("a stack that asks again for what the answer brought gets no further offer", async () => {
  const { told, done, negotiation } = negotiating({ polite: true });
  told.need();
  await settled();
  negotiation.remote("offer", "theirs");
  told.need();
  await settled();
  assert.deepEqual(done, ["offer", "rollback", "their offer", "answer"]);
});

test("once it is closed, nothing is done any more", async () => {
  const { told, done, negotiation } = negotiating();
  negotiation.close();
  told.need();
  negotiation.remote("offer", "theirs");
  negotiation.candidate({ candidate: "theirs" });
  await settled();
  assert.deepEqual(done, []);
});

test("once it is closed, candidates are not waited for", async () => {
  const clock = handClock();
  const told = toldConnection();
  const negotiation = createNegotiation(told.connection, clock, createTrace(clock), {
    send: () => assert.fail(),
    polite: () => false,
    complete: true,
    once: false,
    wantsChannel: () => false,
    broke: assert.ifError,
  });
  negotiation.start();
  told.need();
  await settled();
  assert.equal(clock.pending, 1);
  negotiation.close();
  assert.equal(clock.pending, 0);
});
