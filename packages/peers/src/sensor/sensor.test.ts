// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { DeviceRefusal } from "../conversation.ts";
import { twoEnds } from "../testing/connected.ts";
import { openSensor, type SensorOptions } from "./sensor.ts";
import { sensorService } from "./service.ts";
import { viewSensor } from "./view-sensor.ts";
import { climate } from "./weather.ts";
import { type Reading, sensorProtocol } from "./wire.ts";

const sensorWith = (more: Partial<SensorOptions> = {}) => {
  const clock = handClock(1_700_000_000_000);
  return { clock, sensor: openSensor({ label: "Cellar", quantities: climate, ground: clock, ...more }) };
};

describe("a sensor over a real data channel", () => {
  test("describes itself, is read, tells its history and its new readings", async (context) => {
    const { clock, sensor } = sensorWith();
    const ends = twoEnds(context);
    const [channel, theirs] = ends.channel(sensorProtocol);
    const viewed = viewSensor(channel);
    await ends.connect();
    sensor.take(await theirs);
    const view = await viewed;
    assert.deepEqual([view.description.label, view.description.quantities], ["Cellar", climate]);
    await assert.rejects(view.read(), { reason: "NO_READING" });
    sensor.measure({ at: clock.now(), values: { temperature: 20.5, humidity: 50 } });
    assert.deepEqual(await view.read(), { at: clock.now(), values: { temperature: 20.5, humidity: 50 } });
    const told = new Promise<Reading>((resolve) => {
      let first = true;
      void view.subscribe((reading) => {
        if (!first) resolve(reading);
        first = false;
      });
    });
    // Commands are answered in order: behind this the feed stands.
    await view.read();
    clock.advance(1_000);
    sensor.measure({ at: clock.now(), values: { temperature: 21 } });
    assert.deepEqual((await told).values, { temperature: 21 });
    const { at, columns } = await view.history();
    assert.deepEqual(at, [clock.now() - 1_000, clock.now()]);
    assert.deepEqual(columns.humidity?.mean, [50, null]);
    await view.unsubscribe();
    assert.equal(sensor.viewers, 1);
    view.close();
    await view.closed;
    await assert.rejects(view.read(), { reason: "CLOSED" });
    sensor.close();
  });

  test("takes several viewers, and tells one too many that there is no place", async (context) => {
    const { sensor } = sensorWith({ viewersMax: 2 });
    const ends = twoEnds(context);
    const connecting: Promise<unknown>[] = [];
    const views = [0, 1, 2].map(() => {
      const [channel, theirs] = ends.channel(sensorProtocol);
      connecting.push(theirs.then(sensor.take));
      return viewSensor(channel);
    });
    for (const view of views) view.catch(() => {});
    await ends.connect();
    const ended = await Promise.allSettled(views);
    assert.equal(ended.filter(({ status }) => status === "fulfilled").length, 2);
    const [refused] = ended.filter((one) => one.status === "rejected");
    assert.ok(refused?.reason instanceof DeviceRefusal);
    assert.deepEqual(
      [refused.reason.reason, refused.reason.message],
      ["TOO_MANY_VIEWERS", "This sensor has 2 viewers already."],
    );
    const guest = {
      pc: ends.device,
      service: "sensor",
      knock: "",
      attributes: {},
      signal: new AbortController().signal,
      close() {},
    };
    assert.deepEqual(await sensorService(sensor).accept(guest), {
      reject: "This sensor has 2 viewers already.",
    });
  });

  test("has from one to sixteen quantities, each with an id that fits", () => {
    assert.throws(() => sensorWith({ quantities: [] }), RangeError);
    const [first] = climate;
    assert.ok(first !== undefined);
    assert.throws(() => sensorWith({ quantities: [first, first] }), RangeError);
    assert.throws(() => sensorWith({ quantities: [{ ...first, id: "A b" }] }), RangeError);
  });
});
