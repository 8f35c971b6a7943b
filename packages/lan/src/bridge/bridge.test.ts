// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { createHub, type NodeId, refusal } from "@signalbox/core";
import {
  countedChance,
  handshakeAt,
  noIceServers,
  openDoor,
  type TestLine,
  testLine,
} from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { bridgedBox as box, calls, lastMembers, video } from "../testing/bridged-box.ts";
import { fakeLan } from "../testing/fake-lan.ts";
import { ring as keys, lanEnd } from "../testing/lan-end.ts";
import { type BridgeProblem, type LanLine, lanLinesMax, startLanBridge } from "./bridge.ts";
import { ringMs } from "./bridge-line.ts";
import { parseLanLine } from "./lan-line.ts";
import { ringMax } from "./ring.ts";

describe("a room that is bridged to the LAN", () => {
  test("shows one peer for each id", async (context) => {
    const { member } = await box(context, [
      { id: "studio-7" },
      { id: "stage" },
      { id: "far", room: "elsewhere" },
    ]);
    assert.deepEqual(lastMembers(await member("ann")), ["studio-7", "stage", "ann"]);
    assert.deepEqual(lastMembers(await member("bob", "elsewhere")), ["far", "bob"]);
  });

  test("calls who answers under the id on the LAN, and gets the answer", async (context) => {
    const { lan, member } = await box(context);
    const program = await lanEnd(lan, "answerer", "program", { describe: () => video("answer") });
    const ann = await member("ann");
    ann.take();
    ann.send({ type: "call", to: "studio-7", offer: video("offer of ann") });
    await lan.advance(10);
    assert.deepEqual(
      ann.take().filter(({ type }) => type === "answer"),
      [{ type: "answer", to: "ann", answer: video("answer"), from: "studio-7" }],
    );
    assert.equal(program.made.length, 1);
    // Answered is answered: nothing more is broadcast.
    const before = lan.sent.filter(({ from }) => from.address === "box").length;
    await lan.advance(30_000);
    assert.equal(lan.sent.filter(({ from }) => from.address === "box").length, before);
  });

  test("does not ring for its own broadcasts, which it hears like everybody", async (context) => {
    const { lan, member, counts } = await box(context);
    const [ann, bob] = [await member("ann"), await member("bob")];
    ann.send({ type: "call", to: "studio-7", offer: video("offer of ann") });
    await lan.advance(30_000);
    assert.deepEqual(calls(bob), []);
    assert.equal(counts().own, 5);
  });

  test("tells a caller when nobody on the LAN answered", async (context) => {
    const { lan, member } = await box(context);
    const ann = await member("ann");
    ann.send({ type: "call", to: "studio-7", offer: video("offer of ann") });
    await lan.advance(10);
    ann.take();
    await lan.advance(30_000);
    // What a peer of this protocol is told when the other one hangs up: it is left out of one list.
    assert.deepEqual(lastMembers(ann), ["ann"]);
    assert.equal(lan.sent.length, 5);
  });

  test("is rung by who calls the id on the LAN: everybody, and the first to answer gets the call", async (context) => {
    const { lan, member } = await box(context);
    const [ann, bob] = [await member("ann"), await member("bob")];
    const program = await lanEnd(lan, "caller", "program", { describe: () => video("offer") });
    await lan.advance(10);
    for (const line of [ann, bob]) {
      assert.deepEqual(
        calls(line).map(({ offer, from }) => ({ offer, from })),
        [{ offer: video("offer"), from: "studio-7" }],
      );
    }
    bob.send({ type: "answer", to: "studio-7", answer: video("answer of bob") });
    await lan.advance(10);
    ann.send({ type: "answer", to: "studio-7", answer: video("answer of ann") });
    await lan.advance(10);
    assert.deepEqual(
      program.finished.map(({ answer }) => answer),
      [video("answer of bob")],
    );
    assert.deepEqual(lastMembers(ann), ["ann", "bob"], "ann was not told that it is over");
  });

  test("may name the only member who is rung", async (context) => {
    const { lan, member } = await box(context, [{ id: "studio-7", peer: "bob" }]);
    const [ann, bob] = [await member("ann"), await member("bob")];
    await lanEnd(lan, "caller", "program", { describe: () => video("offer") });
    await lan.advance(10);
    assert.deepEqual([calls(ann).length, calls(bob).length], [0, 1]);
  });

  test("rings who joins while it rings, and nobody twice", async (context) => {
    const { lan, member } = await box(context);
    await lanEnd(lan, "caller", "program", { describe: (count) => video(`offer ${count}`) });
    await lan.advance(2_000);
    const ann = await member("ann");
    await lan.advance(10_000);
    assert.equal(calls(ann).length, 1);
  });

  test("stops ringing when the caller has given up, and rings again for its next offer", async (context) => {
    const { lan, member } = await box(context);
    const ann = await member("ann");
    await lanEnd(lan, "caller", "program", { describe: (count) => video(`offer ${count}`) });
    await lan.advance(ringMs + 1_000);
    assert.deepEqual(
      calls(ann).map(({ offer }) => offer),
      [video("offer 1"), video("offer 2")],
    );
  });

  test("rings at most so many at once", async (context) => {
    const { lan, member } = await box(context);
    const lines: TestLine[] = [];
    for (let count = 0; count < ringMax + 4; count += 1) lines.push(await member(`peer ${count}`));
    await lanEnd(lan, "caller", "program", { describe: () => video("offer") });
    await lan.advance(10);
    assert.equal(lines.filter((line) => calls(line).length > 0).length, ringMax);
  });

  test("keeps ids and secrets apart", async (context) => {
    const { lan, member, counts } = await box(context, [{ id: "studio-7", secret: "ours" }, { id: "stage" }]);
    const ann = await member("ann");
    await lanEnd(lan, "caller", "program", { describe: () => video("offer") });
    await lan.advance(10);
    assert.deepEqual(calls(ann), []);
    assert.equal(counts()["wrong-key"], 2);
  });

  test("does not put a caller on the LAN through to another id of the LAN", async (context) => {
    const { lan } = await box(context, [{ id: "studio-7" }, { id: "stage" }]);
    await lanEnd(lan, "answerer", "stage", { id: "stage" });
    await lanEnd(lan, "caller", "program", { describe: () => video("offer") });
    await lan.advance(30_000);
    assert.ok(lan.sent.every(({ from }) => from.address === "program"));
  });

  test("tells a caller whose offer does not fit into one packet, and broadcasts nothing", async (context) => {
    const { lan, member } = await box(context);
    const ann = await member("ann");
    ann.take();
    const noise = Array.from({ length: 4_000 }, (_, index) =>
      ((index * 7_919) ** 2 % 65_521).toString(36),
    ).join("");
    ann.send({ type: "call", to: "studio-7", offer: `${video("large")}a=x:${noise}\r\n` });
    await lan.advance(100);
    assert.deepEqual(lastMembers(ann), ["ann"]);
    assert.equal(lan.sent.length, 0);
  });

  test("stops calling on the LAN for who hangs up before anybody answered", async (context) => {
    const { lan, hub } = await box(context);
    const web = testLine(hub, native(), handshakeAt("/"));
    web.send({ type: "join", seq: 1, room: "default", id: "web" });
    const signal = (seq: number, kind: object) =>
      web.send({ type: "signal", seq, to: "studio-7", signal: { call: "call-1", ...kind } });
    await lan.advance(1);
    signal(2, { kind: "offer", sdp: video("offer of web") });
    signal(3, { kind: "end-of-candidates" });
    await lan.advance(10);
    assert.equal(lan.sent.length, 1);
    signal(4, { kind: "bye" });
    await lan.advance(30_000);
    assert.equal(lan.sent.length, 1);
  });

  test("folds what a browser trickles into the one offer that is broadcast", async (context) => {
    const { lan, hub } = await box(context);
    const program = await lanEnd(lan, "answerer", "program", { describe: (_, offer = "") => offer });
    const web = testLine(hub, native(), handshakeAt("/"));
    web.send({ type: "join", seq: 1, room: "default", id: "web" });
    await lan.advance(1);
    const signal = (seq: number, kind: object) =>
      web.send({ type: "signal", seq, to: "studio-7", signal: { call: "call-1", ...kind } });
    const trickled = "candidate:2 1 udp 1 192.0.2.8 5000 typ host";
    signal(2, { kind: "offer", sdp: video("offer of web") });
    signal(3, { kind: "candidate", candidate: { candidate: trickled, sdpMid: "0", sdpMLineIndex: 0 } });
    signal(4, { kind: "end-of-candidates" });
    await lan.advance(100);
    assert.match(program.made[0] ?? "", new RegExp(`a=${trickled}`));
  });
});

describe("a bridge that cannot enter its room", () => {
  test("says why, and comes back every five seconds until it can", async (context) => {
    const lan = fakeLan();
    const crowded = await box(context, [], {}, lan);
    const squatter = await crowded.member("studio-7");
    const problems: BridgeProblem[] = [];
    const bridge = await startLanBridge({
      hub: crowded.hub,
      lines: [{ id: "studio-7" }],
      mint: countedChance("bridge").id,
      ground: lan,
      keys,
      openSocket: async ({ role }) => lan.socket("box", role === "answerer"),
      onProblem: (_, problem) => problems.push(problem),
    });
    context.after(() => bridge.close());
    await lan.advance(12_000);
    assert.deepEqual(
      problems.map((problem) => problem.code === "room" && problem.why),
      Array.from({ length: 3 }, () => "The id is already taken in this room."),
    );
    squatter.drop();
    await lan.advance(6_000);
    assert.deepEqual(lastMembers(await crowded.member("ann")), ["studio-7", "ann"]);
  });

  test("is told by the guard like everybody else", async (context) => {
    const lan = fakeLan();
    const node = "node" as NodeId;
    const hub = createHub({
      node,
      directory: memoryDirectory(),
      bus: memoryNetwork().bus(node),
      clock: lan,
      chance: countedChance(),
      guard: {
        ...openDoor,
        admit: async (handshake, credential) =>
          credential === "let me in" ? openDoor.admit(handshake, credential) : refusal("unauthorized"),
      },
      ice: noIceServers,
      observe: () => {},
    });
    const problems: string[] = [];
    for (const credential of [undefined, "let me in"]) {
      const bridge = await startLanBridge({
        hub,
        lines: [{ id: "studio-7" }],
        mint: countedChance(`${credential}`).id,
        ground: lan,
        keys,
        openSocket: async ({ role }) => lan.socket("box", role === "answerer"),
        onProblem: (_, problem) => problems.push(problem.code),
        ...(credential === undefined ? {} : { credential }),
      });
      context.after(() => bridge.close());
      await lan.advance(10);
    }
    assert.deepEqual(problems, ["room"]);
    assert.equal(hub.stats.sessions, 1);
  });

  test("leaves nothing behind when it is closed", async (context) => {
    const { lan, hub, close, member } = await box(context);
    const ann = await member("ann");
    ann.send({ type: "call", to: "studio-7", offer: video("offer") });
    await lanEnd(lan, "caller", "program", { describe: () => video("other offer") }).then(({ exchange }) => {
      context.after(exchange.stop);
      return lan.advance(10).then(exchange.stop);
    });
    ann.drop();
    close();
    close();
    await lan.advance(10);
    assert.equal(hub.stats.sessions, 0);
    assert.equal(hub.stats.lines, 0);
    assert.equal(lan.pending, 0);
  });
});

describe("what can be bridged", () => {
  test("is an id, with its secret after the first colon", () => {
    assert.deepEqual(parseLanLine("studio"), { id: "studio" });
    assert.deepEqual(parseLanLine("studio:a:b"), { id: "studio", secret: "a:b" });
    assert.deepEqual(parseLanLine("studio:"), { id: "studio" });
    assert.equal(parseLanLine(":secret"), undefined);
    assert.equal(parseLanLine(""), undefined);
  });

  test("is told in one sentence where it makes no sense", async (context) => {
    const lines = (given: readonly LanLine[]) => box(context, given);
    await assert.rejects(lines([{ id: "a\nb" }]), /holds control characters/);
    await assert.rejects(lines([{ id: "a" }, { id: "a" }]), /only once/);
    const many = Array.from({ length: lanLinesMax + 1 }, (_, index) => ({ id: `id ${index}` }));
    await assert.rejects(lines(many), /at most 32/);
  });
});
