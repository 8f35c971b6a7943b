// SPDX-License-Identifier: MIT
/** sensor/1 on the wire: each message is one JSON object in one text message. docs/sensor-1.md is the whole of it. */

import { errorIn, isObject, isWhole, objectIn, requestIn, textIn, type WireError } from "../wire-values.ts";

/** The protocol of the data channel; as a PeerNet service it is `sensor`, version 1. */
export const sensorProtocol = "sensor/1";

export interface Quantity {
  /** Lower-case letters, digits, `-` and `_`; at most 32. */
  readonly id: string;
  readonly label: string;
  /** UCUM, case-sensitive: `Cel`, `%`, `Pa`, `lx`, `1`. */
  readonly unit: string;
  /** Digits after the point that mean something. */
  readonly decimals: number;
}

/** Values by the id of their quantity. One that was not measured is missing. */
export type Values = { readonly [quantity: string]: number };

/** Milliseconds since the epoch, by the sensor's clock. */
export interface Reading {
  readonly at: number;
  readonly values: Values;
}

export interface Description {
  readonly protocol: string;
  readonly label: string;
  readonly quantities: readonly Quantity[];
  /** Readings that are kept, and most points of one answer. */
  readonly history: { readonly readingsMax: number; readonly pointsMax: number };
  /** The sensor's clock. */
  readonly now: number;
}

/** Of one quantity, for each point; null where none of its readings has it. */
export interface Column {
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export interface History {
  readonly from: number;
  readonly to: number;
  /** A point stands for readings of so many milliseconds from its time on; 0: each is one reading. */
  readonly bucketMs: number;
  readonly at: readonly number[];
  readonly columns: { readonly [quantity: string]: Column };
}

/** `id` is the viewer's, and comes back with the answer. */
export type SensorRequest =
  | { readonly type: "describe"; readonly id: number }
  | { readonly type: "read"; readonly id: number }
  | {
      readonly type: "history";
      readonly id: number;
      readonly from?: number;
      readonly to?: number;
      readonly points?: number;
    }
  | { readonly type: "subscribe"; readonly id: number; readonly minIntervalMs?: number }
  | { readonly type: "unsubscribe"; readonly id: number };

export const sensorErrors = {
  MALFORMED: "is no JSON object with a type and a whole number as id, or too large",
  UNKNOWN_TYPE: "a type this sensor does not know; newer versions may",
  BAD_ARGUMENT: "a field has no value that makes sense",
  NO_READING: "nothing was measured yet",
  RATE_LIMITED: "too many requests; ask again after a second",
  TOO_MANY_VIEWERS: "no further viewer is taken; nothing else is answered",
} as const;

export type SensorReason = keyof typeof sensorErrors;

/** What a sensor says. A reading without an id belongs to the live feed. */
export type SensorMessage =
  | ({ readonly type: "description"; readonly id: number } & Description)
  | ({ readonly type: "reading"; readonly id?: number } & Reading)
  | ({ readonly type: "history"; readonly id: number } & History)
  | { readonly type: "subscribed"; readonly id: number; readonly minIntervalMs: number }
  | { readonly type: "unsubscribed"; readonly id: number }
  | WireError;

/** Longest request. Bytes of UTF-8. Real ones have 100. */
export const requestBytesMax = 1_024;

/** Longest message of a sensor. Bytes of UTF-8. What browsers send in one piece is 256 KiB. */
export const messageBytesMax = 128 * 1_024;

export const quantitiesMax = 16;

/** Values of all points of one answer together, so that it stays below `messageBytesMax`. */
const valuesMax = 1_500;

export const pointsMaxOf = (quantities: number): number => Math.floor(valuesMax / Math.max(1, quantities));

/** Largest value, either way: with six decimals it still has all its digits. */
export const valueMax = 1e9;

const isValue = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= valueMax;

export const isQuantityId = (id: string): boolean => /^[a-z0-9][a-z0-9_-]{0,31}$/.test(id);

/** What a viewer asks, or the error that is its answer. */
export const parseRequest = (message: unknown): SensorRequest | WireError => {
  const request = requestIn(message, requestBytesMax);
  if (!("fields" in request)) return request;
  const { type, id, fields } = request;
  const { from, to, points, minIntervalMs } = fields;
  const refused = (reason: SensorReason, detail: string): WireError => ({
    type: "error",
    id,
    reason,
    detail,
  });
  const bad = (detail: string) => refused("BAD_ARGUMENT", detail);
  switch (type) {
    case "describe":
    case "read":
    case "unsubscribe":
      return { type, id };
    case "subscribe":
      if (minIntervalMs !== undefined && !(isWhole(minIntervalMs) && minIntervalMs <= 86_400_000)) {
        return bad("minIntervalMs is a whole number of milliseconds, at most a day.");
      }
      return { type, id, ...(minIntervalMs === undefined ? {} : { minIntervalMs }) };
    case "history": {
      if (from !== undefined && !isWhole(from)) return bad("from is milliseconds since the epoch.");
      if (to !== undefined && !isWhole(to)) return bad("to is milliseconds since the epoch.");
      if (from !== undefined && to !== undefined && from > to) return bad("from is after to.");
      if (points !== undefined && !(isWhole(points) && points >= 1)) {
        return bad("points is a whole number from 1 on.");
      }
      return {
        type,
        id,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(points === undefined ? {} : { points }),
      };
    }
    default:
      return refused("UNKNOWN_TYPE", `There is no request ${JSON.stringify(type.slice(0, 32))}.`);
  }
};

const quantityIn = (value: unknown): Quantity | undefined => {
  if (!isObject(value)) return undefined;
  const [id, label, unit] = [textIn(value.id, 32), textIn(value.label, 64), textIn(value.unit, 32)];
  const { decimals } = value;
  if (id === undefined || !isQuantityId(id) || label === undefined || unit === undefined) return undefined;
  return isWhole(decimals) && decimals <= 6 ? { id, label, unit, decimals } : undefined;
};

const valuesIn = (value: unknown): Values | undefined => {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length <= quantitiesMax &&
    entries.every((entry): entry is [string, number] => isQuantityId(entry[0]) && isValue(entry[1]))
    ? Object.fromEntries(entries)
    : undefined;
};

const numbersIn = (value: unknown, length: number): readonly (number | null)[] | undefined =>
  Array.isArray(value) && value.length === length && value.every((one) => one === null || isValue(one))
    ? value
    : undefined;

const historyIn = (given: { readonly [key: string]: unknown }): History | undefined => {
  const { from, to, bucketMs, at, columns } = given;
  if (!isWhole(from) || !isWhole(to) || !isWhole(bucketMs) || !isObject(columns)) return undefined;
  if (!Array.isArray(at) || at.length > valuesMax || !at.every(isWhole)) return undefined;
  const found: { [quantity: string]: Column } = {};
  for (const [id, column] of Object.entries(columns).slice(0, quantitiesMax)) {
    if (!isQuantityId(id) || !isObject(column)) return undefined;
    const mean = numbersIn(column.mean, at.length);
    const min = numbersIn(column.min, at.length);
    const max = numbersIn(column.max, at.length);
    if (mean === undefined || min === undefined || max === undefined) return undefined;
    found[id] = { mean, min, max };
  }
  return { from, to, bucketMs, at, columns: found };
};

const descriptionIn = (given: { readonly [key: string]: unknown }): Description | undefined => {
  const { protocol, quantities, history, now } = given;
  const label = textIn(given.label, 128);
  if (protocol !== sensorProtocol || label === undefined || !Array.isArray(quantities)) return undefined;
  if (!isObject(history) || !isWhole(history.readingsMax) || !isWhole(history.pointsMax)) return undefined;
  const found = quantities.map(quantityIn).filter((one) => one !== undefined);
  if (!isWhole(now) || found.length !== quantities.length || found.length > quantitiesMax) return undefined;
  const { readingsMax, pointsMax } = history;
  return { protocol, label, quantities: found, history: { readingsMax, pointsMax }, now };
};

/** What a sensor says; undefined where it makes no sense, or is a type of a newer version. */
export const parseMessage = (message: unknown): SensorMessage | undefined => {
  const given = objectIn(message, messageBytesMax);
  if (given === undefined) return undefined;
  const { type, id, at, minIntervalMs } = given;
  if (id !== undefined && !isWhole(id)) return undefined;
  switch (type) {
    case "description": {
      const description = descriptionIn(given);
      return description === undefined || id === undefined ? undefined : { type, id, ...description };
    }
    case "reading": {
      const values = valuesIn(given.values);
      if (!isWhole(at) || values === undefined) return undefined;
      return { type, ...(id === undefined ? {} : { id }), at, values };
    }
    case "history": {
      const history = historyIn(given);
      return history === undefined || id === undefined ? undefined : { type, id, ...history };
    }
    case "subscribed":
      return id === undefined || !isWhole(minIntervalMs) ? undefined : { type, id, minIntervalMs };
    case "unsubscribed":
      return id === undefined ? undefined : { type, id };
    case "error":
      return errorIn(given);
    default:
      return undefined;
  }
};
