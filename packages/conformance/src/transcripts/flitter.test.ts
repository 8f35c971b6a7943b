// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal, refusals } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { flitter } from "@signalbox/dialects/flitter";
import { replay, stage } from "./replay.ts";
import { readTranscript } from "./transcript.ts";

for (const [name, recordedBy] of [
  ["server-probe", "probe"],
  ["two-clients", "client"],
] as const) {
  describe(`flitter, recorded: ${name}`, () => {
    const sections = readTranscript(`flitter/${name}.txt`);
    for (const { title, check } of replay(flitter(), sections, { compare: "json", recordedBy })) {
      test(`${title}: everyone is told what the original told, and nothing else`, check);
    }
  });
}

const badName = JSON.stringify({ type: "error", error: refusals["bad-name"].sentence });

describe("flitter, recorded: where this server departs from the original", () => {
  const instead: {
    readonly [title: string]: { readonly told: readonly string[]; readonly others?: readonly string[] };
  } = {
    "join id null": { told: [badName] },
    "join id number": { told: [badName] },
    "join room null": { told: [badName] },
    "join empty strings": { told: [badName] },
    // JSON has no NaN (RFC 8259, section 6).
    "numbers and NaN": {
      told: ['{"type":"members","members":["ann","bob"]}'],
      others: [
        '{"type":"members","members":["ann"]}',
        '{"type":"members","members":["ann","bob"]}',
        '{"type":"members","members":["ann"]}',
      ],
    },
  };
  const sections = readTranscript("flitter/server-probe-departures.txt");

  test("every departure is one that is stated", () => {
    assert.deepEqual(sections.map((section) => section.title).sort(), Object.keys(instead).sort());
  });

  for (const { title, steps } of sections) {
    test(`${title}: the client that asks for it is told, and its connection ends with 1000`, async () => {
      const on = stage(flitter());
      let last = "";
      for (const step of steps) {
        if (step.kind === "opens") on.open(step.peer, step.target);
        if (step.kind === "says") {
          on.line(step.peer).send(step.frame);
          last = step.peer;
        }
        await settled();
      }
      assert.deepEqual(on.line(last).told, instead[title]?.told);
      assert.deepEqual([on.line(last).closing?.code, on.line(last).closing?.reason], [1000, ""]);
      if (instead[title]?.others !== undefined) assert.deepEqual(on.line("ann").told, instead[title].others);
    });
  }
});

describe("flitter: what recordings cannot show", () => {
  const enter = async (on: ReturnType<typeof stage>, ...ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      on.open(id, "/").send({ type: "join", id, room: "r" });
      await settled();
    }
  };

  for (const where of ["here", "elsewhere"] as const) {
    test(`a caller ${where} that says finished and goes in one breath is heard before it is missed`, async () => {
      const on = stage(flitter());
      await enter(on, "ann");
      const bob = where === "here" ? on.open("bob", "/") : on.openElsewhere("bob", "/");
      bob.send({ type: "join", id: "bob", room: "r" });
      await settled();
      on.line("ann").take();
      bob.send({ type: "finished", to: "ann" });
      bob.drop();
      await settled();
      assert.deepEqual(on.line("ann").take(), [
        { type: "finished", to: "ann", from: "bob" },
        { type: "members", members: ["ann"] },
      ]);
    });
  }

  test("a newcomer is told the members before anything that answers its coming", async () => {
    const on = stage(flitter());
    await enter(on, "ann");
    on.line("ann").onTold = (text) => {
      if (text.includes("bob")) on.line("ann").send({ type: "call", to: "bob", offer: "v=0" });
    };
    await enter(on, "bob");
    assert.deepEqual(
      on
        .line("bob")
        .take()
        .map((frame) => frame["type"]),
      ["members", "call"],
    );
  });

  test("frames of one sender arrive in the order they were sent, also those sent while its join was being decided", async () => {
    const on = stage(flitter());
    await enter(on, "ann");
    on.line("ann").take();
    const bob = on.open("bob", "/");
    bob.send({ type: "join", id: "bob", room: "r" });
    for (let n = 0; n < 50; n += 1) bob.send({ to: "ann", n });
    await settled();
    const [members, ...rest] = on.line("ann").take();
    assert.deepEqual(members, { type: "members", members: ["ann", "bob"] });
    assert.deepEqual(
      rest.map((frame) => frame["n"]),
      [...Array(50).keys()],
    );
  });

  test("a newcomer that is refused leaves nothing behind: the id is free once its holder went", async () => {
    const on = stage(flitter());
    await enter(on, "ann");
    on.open("again", "/").send({ type: "join", id: "ann", room: "r" });
    await settled();
    assert.deepEqual(on.line("again").take(), [{ type: "error", error: "User ID already taken" }]);
    on.line("ann").drop();
    await settled();
    await enter(on, "ann");
    assert.deepEqual(on.line("ann").take(), [{ type: "members", members: ["ann"] }]);
    assert.deepEqual(on.hub.stats, { lines: 1, sessions: 1, rooms: 1 });
  });

  test("a member that cannot be told any more keeps nobody else from being told", async () => {
    const on = stage(flitter({ limits: { outboxBytes: 100 } }));
    await enter(on, "ann", "stuck");
    on.line("stuck").backlog = 101;
    await enter(on, "bob");
    assert.deepEqual(on.line("bob").take().at(-1), { type: "members", members: ["ann", "bob"] });
    assert.equal(on.line("stuck").closing?.code, 1000);
    assert.deepEqual(on.line("ann").take().at(-1), { type: "members", members: ["ann", "bob"] });
  });

  test("too many frames too fast end in an error frame and 1000; the others see a member leave", async () => {
    const on = stage(flitter({ limits: { frameBurst: 10, framesPerSecond: 1 } }));
    await enter(on, "ann", "bob");
    on.line("ann").take();
    for (let n = 0; n < 20; n += 1) on.line("bob").send({ type: "x" });
    await settled();
    assert.deepEqual(on.line("bob").take().at(-1), {
      type: "error",
      error: refusals["rate-limited"].sentence,
    });
    assert.equal(on.line("bob").closing?.code, 1000);
    assert.deepEqual(on.line("ann").take(), [{ type: "members", members: ["ann"] }]);
  });

  test("a frame over the bound ends with 1009, as recorded, after an error frame", async () => {
    const on = stage(flitter());
    await enter(on, "ann", "big");
    on.line("big").take();
    on.line("big").line.refuse(refusal("too-large"));
    await settled();
    assert.deepEqual(on.line("big").take(), [{ type: "error", error: refusals["too-large"].sentence }]);
    assert.equal(on.line("big").closing?.code, 1009);
    assert.deepEqual(on.line("ann").take().at(-1), { type: "members", members: ["ann"] });
  });

  test("a full room ends in an error frame and 1000", async () => {
    const on = stage(flitter({ limits: { roomMembers: 1 } }));
    await enter(on, "ann", "bob");
    const [only, ...more] = on.line("bob").take();
    assert.deepEqual([only?.["type"], more], ["error", []]);
    assert.ok(String(only?.["error"]).startsWith(refusals["room-full"].sentence));
    assert.equal(on.line("bob").closing?.code, 1000);
    assert.equal(on.line("ann").told.length, 1);
  });

  test("a server that drains says so to each, with 1000: its clients come back after 5 s", async () => {
    const on = stage(flitter());
    await enter(on, "ann");
    on.hub.drain();
    assert.deepEqual(on.line("ann").take().at(-1), { type: "error", error: refusals.draining.sentence });
    assert.equal(on.line("ann").closing?.code, 1000);
  });
});
