// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal, refusals } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { type UnruptMount, unrupt } from "@signalbox/dialects/unrupt";
import { replay, stage } from "./replay.ts";
import { readTranscript, type Step } from "./transcript.ts";

for (const name of ["unrupt-clients", "pipe-clients"]) {
  describe(`unrupt, recorded: ${name}`, () => {
    const sections = readTranscript(`unrupt/${name}.txt`);
    for (const { title, check } of replay(unrupt(), sections, { compare: "verbatim", recordedBy: "probe" })) {
      test(`${title}: every frame arrives as it was, and nothing else`, check);
    }
  });
}

/** The frames the original pages were recorded to send. */
const recorded = ["unrupt-clients", "pipe-clients"].flatMap((name) =>
  readTranscript(`unrupt/${name}.txt`).flatMap((section) =>
    section.steps.filter((step) => step.kind === "says"),
  ),
);

const textOf = (step: Extract<Step, { readonly kind: "says" }>): string => {
  assert.ok(typeof step.frame === "string");
  return step.frame;
};

const targetOf = (text: string): string => JSON.parse(text).to;

const enter = async (on: ReturnType<typeof stage>, ...fingers: readonly string[]): Promise<void> => {
  for (const finger of fingers) on.open(finger, `/websocket/?finger=${finger}`);
  await settled();
};

describe("unrupt: what the recordings' relay could not show", () => {
  test("a frame goes to every socket of its finger, the sender's own and itself included, word for word", async () => {
    const on = stage(unrupt());
    for (const name of ["first", "second"]) on.open(name, "/websocket/?finger=twin");
    await enter(on, "other");
    for (const step of recorded) {
      const text = textOf(step).replaceAll(targetOf(textOf(step)), "twin");
      on.line("other").send(text);
      on.line("first").send(text);
    }
    await settled();
    const expected = recorded.flatMap((step) => {
      const text = textOf(step).replaceAll(targetOf(textOf(step)), "twin");
      return [text, text];
    });
    assert.deepEqual(on.line("first").told, expected);
    assert.deepEqual(on.line("second").told, expected);
    assert.deepEqual(on.line("other").told, []);
  });

  test("it goes to the holders on other nodes too, word for word", async () => {
    const on = stage(unrupt());
    on.open("first", "/websocket/?finger=twin");
    on.openElsewhere("second", "/websocket/?finger=twin");
    await enter(on, "other");
    const texts = recorded.map((step) => textOf(step).replaceAll(targetOf(textOf(step)), "twin"));
    for (const text of texts) on.line("other").send(text);
    await settled(1_000);
    assert.deepEqual(on.line("first").told, texts);
    assert.deepEqual(on.line("second").told, texts);
  });

  test("blanks, escapes and numbers arrive as they were", async () => {
    const on = stage(unrupt());
    await enter(on, "ann", "bob");
    const text =
      ' {"to" : "b\\u006fb","n":1.50,"big":12345678901234567890, "to":"bob","u":"\\ud83d\\ude00é"}\t';
    on.line("ann").send(text);
    await settled();
    assert.deepEqual(on.line("bob").told, [text]);
  });

  test("nobody is told of anybody, and a socket is told nothing it was not sent", async () => {
    const on = stage(unrupt());
    await enter(on, "ann", "bob", "ann");
    on.line("bob").drop();
    await settled();
    assert.deepEqual(on.line("ann").told, []);
  });

  test("frames to nobody and frames that are none are dropped, and their socket stays", async () => {
    const on = stage(unrupt());
    await enter(on, "ann", "bob");
    const bad = [
      "{nope",
      "",
      "[]",
      "null",
      '"bob"',
      "{}",
      '{"to":1}',
      '{"to":null}',
      '{"to":"nobody","type":"offer","sdp":"v=0"}',
      '{"to":""}',
    ];
    for (const text of bad) on.line("ann").send(text);
    on.line("ann").send(Uint8Array.from(Buffer.from('{"to":"bob"}')));
    on.line("ann").send('{"to":"bob","n":1}');
    await settled();
    assert.deepEqual(on.line("bob").told, ['{"to":"bob","n":1}']);
    assert.deepEqual([on.line("ann").told, on.line("ann").closing], [[], undefined]);
  });

  test("a socket that named no finger can send and cannot be found", async () => {
    const on = stage(unrupt());
    on.open("nameless", "/websocket/");
    await enter(on, "bob");
    on.line("nameless").send('{"to":"bob"}');
    on.line("bob").send('{"to":""}');
    on.line("bob").send('{"to":"undefined"}');
    await settled();
    assert.deepEqual([on.line("bob").told, on.line("nameless").told], [['{"to":"bob"}'], []]);
  });

  test("an empty finger ends its own socket with 1008, and nobody else's", async () => {
    const on = stage(unrupt());
    await enter(on, "bob");
    on.open("empty", "/websocket/?finger=");
    on.clock.advance(0);
    await settled();
    assert.deepEqual(on.line("empty").closing, {
      frames: [],
      code: 1008,
      reason: refusals["bad-name"].sentence,
    });
    assert.equal(on.line("bob").closing, undefined);
  });

  test("peers of other mounts are not met: the default room is the mount's own", async () => {
    const on = stage(unrupt({ room: "hall" }));
    await enter(on, "ann");
    assert.deepEqual(on.hub.stats.rooms, 1);
  });
});

describe("unrupt: the wishes of its text, as options", () => {
  const two = async (mount: UnruptMount) => {
    const on = stage(unrupt(mount));
    for (const name of ["first", "second"]) {
      on.open(name, "/websocket/?finger=twin");
      await settled();
    }
    return on;
  };

  test("a taken finger is refused by closing with 1008, without a frame, and its holder notices nothing", async () => {
    const on = await two({ refuseTaken: true });
    assert.deepEqual(on.line("second").closing, {
      frames: [],
      code: 1008,
      reason: refusals["id-taken"].sentence,
    });
    assert.deepEqual(
      [on.line("first").closing, on.line("first").told, on.line("second").told],
      [undefined, [], []],
    );
  });

  test("by default it is not refused", async () => {
    const on = await two({});
    assert.deepEqual([on.line("first").closing, on.line("second").closing], [undefined, undefined]);
  });

  test("where from is checked, a frame from another, or from nobody, goes nowhere", async () => {
    const on = stage(unrupt({ checkFrom: true }));
    await enter(on, "ann", "bob");
    for (const frame of [{ to: "bob", from: "eve" }, { to: "bob" }, { to: "bob", from: "ann" }])
      on.line("ann").send(frame);
    await settled();
    assert.deepEqual(on.line("bob").take(), [{ to: "bob", from: "ann" }]);
  });

  test("the pages' own frames pass that check", async () => {
    const on = stage(unrupt({ checkFrom: true }));
    const fingers = [
      ...new Set(
        recorded.flatMap((step) => [targetOf(textOf(step)), JSON.parse(textOf(step)).from as string]),
      ),
    ];
    await enter(on, ...fingers);
    for (const step of recorded) on.line(JSON.parse(textOf(step)).from).send(textOf(step));
    await settled();
    assert.equal(
      fingers.map((finger) => on.line(finger).told.length).reduce((a, b) => a + b),
      recorded.length,
    );
  });
});

describe("unrupt: bounds", () => {
  test("too many frames too fast close the socket with 1008 and not a frame more", async () => {
    const on = stage(unrupt({ limits: { frameBurst: 10, framesPerSecond: 1 } }));
    await enter(on, "ann", "bob");
    for (let n = 0; n < 20; n += 1) on.line("ann").send({ to: "bob", n });
    await settled();
    assert.deepEqual(on.line("ann").closing, {
      frames: [],
      code: 1008,
      reason: refusals["rate-limited"].sentence,
    });
    assert.equal(on.line("bob").told.length, 10);
    assert.equal(on.line("bob").closing, undefined);
  });

  test("a frame over the bound closes the socket with 1009 and not a frame more", async () => {
    const on = stage(unrupt());
    await enter(on, "ann");
    on.line("ann").line.refuse(refusal("too-large"));
    assert.deepEqual(on.line("ann").closing, {
      frames: [],
      code: 1009,
      reason: refusals["too-large"].sentence,
    });
  });

  test("a socket that does not read is closed alone", async () => {
    const on = stage(unrupt({ limits: { outboxBytes: 10 } }));
    await enter(on, "ann", "bob");
    on.line("bob").backlog = 11;
    on.line("ann").send({ to: "bob" });
    await settled();
    assert.equal(on.line("bob").closing?.code, 1008);
    assert.equal(on.line("ann").closing, undefined);
  });
});
