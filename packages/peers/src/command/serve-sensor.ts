// SPDX-License-Identifier: MIT
/** `signalbox sensor serve`: readings from lines, a file or nowhere, for whoever knocks. */
import type { NodeWebRtc } from "@signalbox/video";
import { tail } from "../sensor/node/tail.ts";
import { lineCutter, readingIn } from "../sensor/reading-lines.ts";
import { openSensor, type Sensor } from "../sensor/sensor.ts";
import { sensorService } from "../sensor/service.ts";
import { seeded, weather } from "../sensor/weather.ts";
import type { CommandIo, Status } from "./io.ts";
import { reasonOf, type Speech, serveUntilEnd, speech } from "./meet.ts";
import type { ServeSensorRequest } from "./sensor-options.ts";
import { type SystemGround, systemGround } from "./system-ground.ts";

/** The day that was, of made-up readings. */
const pastMs = 86_400_000;
/** One each minute, as far as they are kept. */
const pastStepMs = 60_000;

/** A program that prints something else altogether fills no screen. */
const badLinesTold = 20;

/** Feeds the sensor until the signal aborts. Settles earlier where nothing more can come. */
const feed = async (
  { source, quantities }: ServeSensorRequest,
  sensor: Sensor,
  parts: { readonly io: CommandIo; readonly ground: SystemGround; readonly speech: Speech },
): Promise<void> => {
  const {
    io: { stdin, signal },
    ground,
    speech: { complain, tell },
  } = parts;
  let lines = 0;
  let bad = 0;
  const leftOut = (why: string) => {
    bad += 1;
    if (bad <= badLinesTold) complain(`line ${lines} ${why}; it is left out`);
    if (bad === badLinesTold) complain("further lines that are left out are not told");
  };
  const cutter = lineCutter((line) => {
    lines += 1;
    const reading = readingIn(line, quantities, ground.now());
    if (reading === undefined) return;
    if ("problem" in reading) leftOut(reading.problem);
    else if (!sensor.measure(reading)) leftOut("is older than the one before");
  });
  switch (source.kind) {
    case "generated": {
      const next = weather(seeded(source.seed), -new Date(ground.now()).getTimezoneOffset() * 60_000);
      const now = ground.now();
      for (let at = now - pastMs; at < now; at += pastStepMs) sensor.measure(next(at));
      let cancel = () => {};
      const tick = () => {
        sensor.measure(next(ground.now()));
        cancel = ground.after(source.everyMs, tick);
      };
      tick();
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          cancel();
          resolve();
        }),
      );
    }
    case "file":
      return tail({ path: source.path, write: cutter.write, after: ground.after, signal });
    case "stdin": {
      const decoder = new TextDecoder();
      for await (const piece of stdin) {
        if (signal.aborted) return;
        cutter.write(decoder.decode(piece, { stream: true }));
      }
      cutter.end();
      tell("standard input has ended; what was measured can still be asked for");
    }
  }
};

export const serveSensor = async (
  request: ServeSensorRequest,
  io: CommandIo,
  webRtc: NodeWebRtc,
  ground: SystemGround = systemGround,
): Promise<Status> => {
  const { device, quantities, readingsMax } = request;
  const said = speech("sensor serve", io, device.quiet);
  const end = new AbortController();
  const signal = AbortSignal.any([io.signal, end.signal]);
  const sensor = openSensor({
    label: device.displayName ?? device.id ?? "Sensor",
    quantities,
    ground,
    viewersMax: device.connectionsMax,
    ...(readingsMax === undefined ? {} : { readingsMax }),
  });
  let failed = false;
  feed(request, sensor, { io: { ...io, signal }, ground, speech: said }).catch((error: unknown) => {
    failed = true;
    said.complain(reasonOf(error));
    end.abort();
  });
  const served = await serveUntilEnd(device, [sensorService(sensor)], {
    webRtc,
    io: { ...io, signal },
    speech: said,
  });
  end.abort();
  sensor.close();
  return failed ? 1 : served;
};
