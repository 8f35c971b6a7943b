// SPDX-License-Identifier: MIT
/** Command lines of `signalbox sensor`. */

import { mostReadings } from "../sensor/sensor.ts";
import { climate } from "../sensor/weather.ts";
import { isQuantityId, type Quantity, quantitiesMax } from "../sensor/wire.ts";
import {
  type ClientChoice,
  clientChoice,
  clientHelp,
  clientOptions,
  type DeviceChoice,
  deviceChoice,
  deviceHelp,
  deviceOptions,
  isMisuse,
  type Misuse,
  numberIn,
  readArgs,
} from "./options.ts";

type Environment = { readonly [name: string]: string | undefined };

export const sensorHelp = `Usage: signalbox sensor serve [options]     be a sensor
       signalbox sensor read [options]      its latest reading
       signalbox sensor history [options]   its readings of a time
       signalbox sensor watch [options]     its readings as they come

Each has a --help of its own. The protocol is sensor/1, docs/sensor-1.md.
`;

export const serveSensorHelp = `Usage: signalbox sensor serve [options]

Offers readings to whoever knocks. They come as lines on standard input: {"temperature": 21.4}, temperature=21.4 or just 21.4.

      --file FILE     from a file that grows
      --generate      made up: a room's temperature and humidity, a day of them at once
      --seed NUMBER   another room; default: 1
      --every SECONDS between made-up readings; default: 10
      --quantity ID:UNIT[:DECIMALS[:LABEL]]  what is measured, with its unit in UCUM; several times
                      default: temperature:Cel:1 and humidity:%:1
      --keep NUMBER   readings that are kept for the history; default: 100000
${deviceHelp}`;

export type Source =
  | { readonly kind: "stdin" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "generated"; readonly seed: number; readonly everyMs: number };

export interface ServeSensorRequest {
  readonly device: DeviceChoice;
  readonly source: Source;
  readonly quantities: readonly Quantity[];
  readonly readingsMax: number | undefined;
}

const quantityIn = (text: string): Quantity | Misuse => {
  const [id = "", unit = "", digits = "1", ...label] = text.split(":");
  const decimals = /^[0-6]$/.test(digits) ? Number(digits) : Number.NaN;
  if (!isQuantityId(id) || unit === "" || unit.length > 32 || Number.isNaN(decimals)) {
    return {
      problem: `--quantity: must be as pressure:hPa:1:Air pressure, not ${JSON.stringify(text.slice(0, 64))}`,
    };
  }
  const name = label.join(":").slice(0, 64);
  return { id, unit, decimals, label: name || `${id.charAt(0).toUpperCase()}${id.slice(1)}` };
};

export const readServeSensor = (
  args: readonly string[],
  environment: Environment,
): ServeSensorRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: {
      ...deviceOptions,
      stdin: { type: "boolean" },
      file: { type: "string" },
      generate: { type: "boolean" },
      seed: { type: "string" },
      every: { type: "string" },
      quantity: { type: "string", multiple: true },
      keep: { type: "string" },
    },
  });
  if (isMisuse(found)) return found;
  const { quantity, ...values } = found.values;
  if (values.help) return "help";
  const device = deviceChoice(values, environment);
  if (isMisuse(device)) return device;
  const seed = numberIn("seed", values.seed, 0, 2 ** 32 - 1, true);
  const every = numberIn("every", values.every, 0.05, 86_400, false);
  const keep = numberIn("keep", values.keep, 1, mostReadings, true);
  for (const number of [seed, every, keep]) if (isMisuse(number)) return number;
  const sources = [values.stdin, values.file, values.generate].filter((one) => one !== undefined);
  if (sources.length > 1) return { problem: "one of --stdin, --file and --generate is enough" };
  if (values.generate !== true && (seed !== undefined || every !== undefined)) {
    return { problem: "--seed, --every: only readings that are made up have them: --generate" };
  }
  if (values.generate === true && quantity !== undefined) {
    return { problem: "--quantity: what is made up is temperature and humidity" };
  }
  const quantities: Quantity[] = [];
  for (const one of (quantity ?? []).map(quantityIn)) {
    if (isMisuse(one)) return one;
    if (quantities.some(({ id }) => id === one.id)) return { problem: `--quantity: there are two ${one.id}` };
    quantities.push(one);
  }
  if (quantities.length > quantitiesMax) return { problem: `--quantity: at most ${quantitiesMax}` };
  return {
    device,
    source:
      values.generate === true
        ? {
            kind: "generated",
            seed: typeof seed === "number" ? seed : 1,
            everyMs: (typeof every === "number" ? every : 10) * 1_000,
          }
        : values.file === undefined
          ? { kind: "stdin" }
          : { kind: "file", path: values.file },
    quantities: quantities.length === 0 ? climate : quantities,
    readingsMax: typeof keep === "number" ? keep : undefined,
  };
};

export const readSensorHelp = `Usage: signalbox sensor read [options]

Prints a sensor's latest reading.

      --json          as one JSON object
${clientHelp}`;

export const historyHelp = `Usage: signalbox sensor history [options]

Prints a sensor's readings as CSV: where there are more than points, the mean, least and greatest of equal spans.

      --last SPAN     of the last 90s, 15m, 6h, 7d; default: 24h
      --from DATE     from here on, as 2026-11-21T10:00:00Z
      --to DATE       to here; default: now
      --points NUMBER at most so many; default: as many as fit
      --json          as one JSON object
${clientHelp}`;

export const watchHelp = `Usage: signalbox sensor watch [options]

Prints a sensor's readings as they come, until it is told to end.

      --every SECONDS no more than one in this time; default: 1
      --count NUMBER  end after so many
      --json          one JSON object on each line
${clientHelp}`;

export interface ViewSensorRequest {
  readonly client: ClientChoice;
  readonly json: boolean;
  /** Milliseconds. */
  readonly lastMs: number | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly points: number | undefined;
  readonly everyMs: number;
  readonly count: number;
}

const spans: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const spanIn = (text: string | undefined): number | undefined | Misuse => {
  if (text === undefined) return undefined;
  const [, number = "", unit = ""] = /^(\d{1,9}(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (spans[unit] ?? Number.NaN));
  return ms > 0 ? ms : { problem: `--last: must be as 90s, 15m, 6h or 7d, not ${JSON.stringify(text)}` };
};

const dateIn = (name: string, text: string | undefined): number | undefined | Misuse => {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return time >= 0
    ? time
    : { problem: `--${name}: must be as 2026-11-21T10:00:00Z, not ${JSON.stringify(text)}` };
};

export const readViewSensor = (
  args: readonly string[],
  environment: Environment,
): ViewSensorRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: {
      ...clientOptions,
      json: { type: "boolean" },
      last: { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
      points: { type: "string" },
      every: { type: "string" },
      count: { type: "string" },
    },
  });
  if (isMisuse(found)) return found;
  const { values } = found;
  if (values.help) return "help";
  const client = clientChoice(values, environment);
  if (isMisuse(client)) return client;
  const lastMs = spanIn(values.last);
  const from = dateIn("from", values.from);
  const to = dateIn("to", values.to);
  const points = numberIn("points", values.points, 1, 100_000, true);
  const every = numberIn("every", values.every, 0, 86_400, false);
  const count = numberIn("count", values.count, 1, 1_000_000_000, true);
  if (isMisuse(lastMs)) return lastMs;
  if (isMisuse(from)) return from;
  if (isMisuse(to)) return to;
  if (isMisuse(points)) return points;
  if (isMisuse(every)) return every;
  if (isMisuse(count)) return count;
  if (lastMs !== undefined && from !== undefined) return { problem: "--last, --from: one is enough" };
  return {
    client,
    json: values.json === true,
    lastMs,
    from,
    to,
    points,
    everyMs: (every ?? 1) * 1_000,
    count: count ?? Number.POSITIVE_INFINITY,
  };
};
