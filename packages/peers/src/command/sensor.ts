// SPDX-License-Identifier: MIT
/** `signalbox sensor …` */
import { loadWebRtc, missingWebRtc, type NodeWebRtc } from "@signalbox/video";
import { sensorChannel } from "../sensor/service.ts";
import { withUnit } from "../sensor/units.ts";
import { type SensorView, viewSensor } from "../sensor/view-sensor.ts";
import type { History, Quantity, Reading } from "../sensor/wire.ts";
import type { Command, CommandIo, Status } from "./io.ts";
import { status } from "./io.ts";
import { meetDevice, reasonOf, speech } from "./meet.ts";
import { isMisuse } from "./options.ts";
import {
  historyHelp,
  readSensorHelp,
  readServeSensor,
  readViewSensor,
  sensorHelp,
  serveSensorHelp,
  type ViewSensorRequest,
  watchHelp,
} from "./sensor-options.ts";
import { serveSensor } from "./serve-sensor.ts";

/** Local time would be shorter to read; this sorts, and means the same everywhere. */
const timeOf = (at: number): string => new Date(at).toISOString();

const lineOf = ({ at, values }: Reading, quantities: readonly Quantity[]): string => {
  const shown = quantities.flatMap((quantity) => {
    const value = values[quantity.id];
    return value === undefined ? [] : [`${quantity.id} ${withUnit(value, quantity)}`];
  });
  return `${[timeOf(at), ...shown].join("  ")}\n`;
};

const printed = (reading: Reading, { description }: SensorView, json: boolean): string =>
  json
    ? `${JSON.stringify({ at: reading.at, values: reading.values })}\n`
    : lineOf(reading, description.quantities);

/** Header with the units; empty where a quantity was not measured. */
const csvOf = ({ at, columns, bucketMs }: History, quantities: readonly Quantity[]): string => {
  const header = quantities.flatMap(({ id, unit }) =>
    bucketMs === 0 ? [`${id} [${unit}]`] : ["mean", "min", "max"].map((what) => `${id} ${what} [${unit}]`),
  );
  const rows = at.map((time, point) => {
    const cells = quantities.flatMap(({ id }) => {
      const column = columns[id];
      const all = [column?.mean[point], column?.min[point], column?.max[point]];
      return (bucketMs === 0 ? all.slice(0, 1) : all).map((value) => value ?? "");
    });
    return [timeOf(time), ...cells].join(",");
  });
  return [["time", ...header].join(","), ...rows, ""].join("\n");
};

const readOnce = async (view: SensorView, { json }: ViewSensorRequest, io: CommandIo): Promise<void> => {
  io.stdout.write(printed(await view.read(), view, json));
};

const readHistory = async (view: SensorView, request: ViewSensorRequest, io: CommandIo): Promise<void> => {
  const { json, lastMs, points, from: asked, to = view.description.now } = request;
  const from = asked ?? (lastMs === undefined ? undefined : Math.max(0, to - lastMs));
  const history = await view.history({
    to,
    ...(from === undefined ? {} : { from }),
    ...(points === undefined ? {} : { points }),
  });
  io.stdout.write(json ? `${JSON.stringify(history)}\n` : csvOf(history, view.description.quantities));
};

const watch = async (view: SensorView, request: ViewSensorRequest, io: CommandIo): Promise<void> => {
  let left = request.count;
  const enough = new Promise<void>((resolve) => {
    io.signal.addEventListener("abort", () => resolve());
    const take = (reading: Reading) => {
      if (left === 0) return;
      io.stdout.write(printed(reading, view, request.json));
      left -= 1;
      if (left === 0) resolve();
    };
    view.subscribe(take, request.everyMs).catch(() => resolve());
  });
  await Promise.race([
    enough,
    view.closed.then(() => Promise.reject(new Error("The connection to the sensor broke."))),
  ]);
};

const ways = {
  read: { help: readSensorHelp, run: readOnce },
  history: { help: historyHelp, run: readHistory },
  watch: { help: watchHelp, run: watch },
} as const;

const lookAt = async (
  name: keyof typeof ways,
  request: ViewSensorRequest,
  io: CommandIo,
  webRtc: NodeWebRtc,
): Promise<Status> => {
  const { complain } = speech(`sensor ${name}`, io, request.client.quiet);
  try {
    const channels = [sensorChannel];
    const connection = await meetDevice(request.client, "sensor", "1", webRtc, {
      channels,
      signal: io.signal,
    });
    try {
      const [channel] = connection.channels;
      if (channel === undefined) throw new Error("There is no channel.");
      await ways[name].run(await viewSensor(channel), request, io);
    } finally {
      connection.close();
    }
    return status.done;
  } catch (error) {
    if (io.signal.aborted) return status.done;
    complain(reasonOf(error));
    return status.failed;
  }
};

export const sensorCommand: Command = async ([name, ...args], io) => {
  const say = (text: string): Status => {
    io.stdout.write(text);
    return status.done;
  };
  const refuse = (sentence: string): Status => {
    io.stderr.write(`signalbox sensor: ${sentence}\n`);
    return status.misused;
  };
  const withWebRtc = async (run: (webRtc: NodeWebRtc) => Promise<Status>): Promise<Status> => {
    const webRtc = await loadWebRtc();
    if (webRtc !== undefined) return run(webRtc);
    io.stderr.write(`signalbox sensor: ${missingWebRtc}\n`);
    return status.failed;
  };
  switch (name) {
    case "serve": {
      const request = readServeSensor(args, io.environment);
      if (request === "help") return say(serveSensorHelp);
      if (isMisuse(request)) return refuse(request.problem);
      return withWebRtc((webRtc) => serveSensor(request, io, webRtc));
    }
    case "read":
    case "history":
    case "watch": {
      const request = readViewSensor(args, io.environment);
      if (request === "help") return say(ways[name].help);
      if (isMisuse(request)) return refuse(request.problem);
      return withWebRtc((webRtc) => lookAt(name, request, io, webRtc));
    }
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return say(sensorHelp);
    default:
      return refuse(`there is no command ${JSON.stringify(name)}; there are serve, read, history and watch`);
  }
};
