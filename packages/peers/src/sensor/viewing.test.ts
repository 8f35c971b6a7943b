// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import fc from "fast-check";
import { keptReadings } from "./readings.ts";
import { requestsBurst, type Viewing, viewing, waitingBytesMax } from "./viewing.ts";
import { climate } from "./weather.ts";
import { messageBytesMax, parseMessage, pointsMaxOf, type Quantity, type SensorMessage } from "./wire.ts";

const bench = (quantities: readonly Quantity[] = climate) => {
  const clock = handClock(1_700_000_000_000);
  const readings = keptReadings(quantities, 10_000);
  const said: string[] = [];
  let waiting = 0;
  const line = { send: (text: string) => void said.push(text), waiting: () => waiting };
  const viewer: Viewing = viewing(
    { label: "Cellar", quantities, readingsMax: 10_000, readings, ground: clock },
    line,
  );
  return {
    clock,
    readings,
    viewer,
    said,
    holdBack: (bytes: number) => {
      waiting = bytes;
    },
    measure(temperature: number) {
      readings.add({ at: clock.now(), values: { temperature } });
      viewer.tell();
    },
    ask: (request: object) => viewer.receive(JSON.stringify(request)),
    /** All that was said since the last time, read as a viewer reads it. */
    heard: (): readonly (SensorMessage | undefined)[] => said.splice(0).map(parseMessage),
  };
};

const temperatures = (messages: readonly (SensorMessage | undefined)[]): readonly (number | undefined)[] =>
  messages.map((message) => (message?.type === "reading" ? message.values.temperature : undefined));

describe("a viewer of a sensor", () => {
  test("is told what the sensor is, with units", () => {
    const { ask, heard, clock } = bench();
    ask({ type: "describe", id: 1 });
    assert.deepEqual(heard(), [
      {
        type: "description",
        id: 1,
        protocol: "sensor/1",
        label: "Cellar",
        quantities: climate,
        history: { readingsMax: 10_000, pointsMax: 750 },
        now: clock.now(),
      },
    ]);
  });

  test("reads the latest, or is told that there is none yet", () => {
    const { ask, heard, measure, clock } = bench();
    ask({ type: "read", id: 1 });
    measure(20.04);
    ask({ type: "read", id: 2 });
    assert.deepEqual(heard(), [
      { type: "error", id: 1, reason: "NO_READING", detail: "Nothing was measured yet." },
      { type: "reading", id: 2, at: clock.now(), values: { temperature: 20 } },
    ]);
  });

  test("asks for the history of a time, and of the last day where it names none", () => {
    const { ask, heard, measure, clock } = bench();
    const start = clock.now();
    for (let hour = 0; hour < 30; hour += 1) {
      measure(hour);
      clock.advance(3_600_000);
    }
    ask({ type: "history", id: 1, from: start, to: start + 2 * 3_600_000 });
    ask({ type: "history", id: 2, points: 4 });
    const [some, day] = heard();
    assert.ok(some?.type === "history" && day?.type === "history");
    assert.deepEqual(some.columns.temperature?.mean, [0, 1, 2]);
    assert.equal(day.at.length, 4);
    assert.deepEqual([day.from, day.to], [clock.now() - 86_400_000, clock.now()]);
    assert.equal(day.columns.temperature?.max.at(-1), 29);
  });

  test("gets at most as many points as fit into one message, however many quantities there are", () => {
    for (const count of [1, 2, 16]) {
      const quantities = Array.from({ length: count }, (_, index) => ({
        id: `a-quantity-with-a-long-name-${index}`,
        label: "",
        unit: "1",
        decimals: 6,
      }));
      const { readings, ask, said, clock } = bench(quantities);
      for (let at = 0; at < 5_000; at += 1) {
        const values = Object.fromEntries(quantities.map(({ id }) => [id, -123_456_789.123456 - at]));
        readings.add({ at: clock.now() + at, values });
      }
      ask({ type: "history", id: 1, from: clock.now(), to: clock.now() + 4_999, points: 1_000_000 });
      const [text = ""] = said;
      assert.ok(text.length <= messageBytesMax, `${text.length} for ${count}`);
      const message = parseMessage(text);
      assert.ok(message?.type === "history");
      assert.ok(message.at.length <= pointsMaxOf(count) && message.at.length > pointsMaxOf(count) / 2);
    }
  });

  test("subscribes to readings as they come, and to no more than one in the interval it names", () => {
    const { ask, heard, measure, clock } = bench();
    measure(1);
    ask({ type: "subscribe", id: 1, minIntervalMs: 1_000 });
    assert.deepEqual(
      heard().map((message) => message?.type),
      ["subscribed", "reading"],
    );
    for (let step = 2; step <= 21; step += 1) {
      clock.advance(100);
      measure(step);
    }
    assert.deepEqual(temperatures(heard()), [10, 20]);
    clock.advance(10_000);
    assert.deepEqual(temperatures(heard()), [21]);
    clock.advance(10_000);
    measure(22);
    assert.deepEqual(temperatures(heard()), [22]);
    ask({ type: "unsubscribe", id: 2 });
    measure(23);
    clock.advance(10_000);
    assert.deepEqual(heard(), [{ type: "unsubscribed", id: 2 }]);
    assert.equal(clock.pending, 0);
  });

  test("that is gone leaves no timer", () => {
    const { ask, measure, clock, viewer } = bench();
    ask({ type: "subscribe", id: 1, minIntervalMs: 1_000 });
    measure(1);
    measure(2);
    assert.equal(clock.pending, 1);
    viewer.close();
    assert.equal(clock.pending, 0);
  });

  test("that takes nothing off the line gets no readings, until it does: then the newest", () => {
    const { ask, heard, measure, clock, holdBack } = bench();
    ask({ type: "subscribe", id: 1 });
    heard();
    holdBack(waitingBytesMax + 1);
    for (const value of [1, 2, 3]) {
      measure(value);
      clock.advance(1_000);
    }
    assert.deepEqual(heard(), []);
    holdBack(0);
    measure(4);
    assert.deepEqual(temperatures(heard()), [4]);
  });

  test("that asks too often is told so, and may ask again later", () => {
    const { ask, heard, clock } = bench();
    for (let id = 0; id < requestsBurst + 2; id += 1) ask({ type: "describe", id });
    const answers = heard();
    assert.equal(answers.filter((message) => message?.type === "description").length, requestsBurst);
    const refused = answers.filter((message) => message?.type === "error");
    assert.deepEqual(
      refused.map((message) => message?.type === "error" && [message.id, message.reason]),
      [
        [requestsBurst, "RATE_LIMITED"],
        [requestsBurst + 1, "RATE_LIMITED"],
      ],
    );
    clock.advance(1_000);
    ask({ type: "describe", id: 99 });
    assert.equal(heard()[0]?.type, "description");
  });

  for (const [request, reason, id] of [
    ["", "MALFORMED"],
    ["[]", "MALFORMED"],
    [`{"type":"read","id":1,"pad":"${"x".repeat(1_024)}"}`, "MALFORMED"],
    ['{"type":"read"}', "MALFORMED"],
    ['{"type":"read","id":-1}', "MALFORMED"],
    ['{"type":"dance","id":7}', "UNKNOWN_TYPE", 7],
    ['{"type":"history","id":7,"from":"yesterday"}', "BAD_ARGUMENT", 7],
    ['{"type":"history","id":7,"from":5,"to":4}', "BAD_ARGUMENT", 7],
    ['{"type":"history","id":7,"points":0}', "BAD_ARGUMENT", 7],
    ['{"type":"history","id":7,"from":99999999999999}', "BAD_ARGUMENT", 7],
    ['{"type":"subscribe","id":7,"minIntervalMs":1e9}', "BAD_ARGUMENT", 7],
  ] as const) {
    test(`that sends ${request.slice(0, 48)} is answered ${reason}`, () => {
      const { viewer, heard } = bench();
      viewer.receive(request);
      const [message] = heard();
      assert.ok(message?.type === "error");
      assert.deepEqual([message.reason, message.id], [reason, id]);
    });
  }

  test("that sends anything gets one answer a message, which viewers can read", () => {
    const words = fc.constantFrom("describe", "read", "history", "subscribe", "unsubscribe", "x");
    const request = fc.oneof(
      fc.string(),
      fc.uint8Array(),
      fc
        .record(
          {
            type: words,
            id: fc.nat(),
            from: fc.integer(),
            to: fc.integer(),
            points: fc.integer(),
            minIntervalMs: fc.integer(),
          },
          { requiredKeys: ["type", "id"] },
        )
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(request, (message) => {
        const { viewer, heard } = bench();
        viewer.receive(message);
        const answers = heard();
        assert.equal(answers.length, 1);
        assert.ok(answers[0] !== undefined);
      }),
    );
  });
});
