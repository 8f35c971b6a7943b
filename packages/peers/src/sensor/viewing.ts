// SPDX-License-Identifier: MIT
/** One viewer of a sensor, at the sensor's end: requests in, messages out. */
import { allowance } from "../allowance.ts";
import type { Readings } from "./readings.ts";
import {
  parseRequest,
  pointsMaxOf,
  type Quantity,
  type SensorMessage,
  type SensorReason,
  type SensorRequest,
  sensorProtocol,
} from "./wire.ts";

/** Time, handed in. */
export interface Ground {
  /** Milliseconds since the epoch. */
  now(): number;
  after(ms: number, run: () => void): () => void;
}

export interface SensorParts {
  readonly label: string;
  readonly quantities: readonly Quantity[];
  readonly readingsMax: number;
  readonly readings: Readings;
  readonly ground: Ground;
}

export interface ViewerLine {
  send(text: string): void;
  /** Bytes that were sent and have not left yet. */
  waiting(): number;
}

export interface Viewing {
  receive(message: unknown): void;
  /** A new reading is there. */
  tell(): void;
  close(): void;
}

/** Requests one viewer may make at once, and a second. Enough to drag a plot about; an answer costs up to 128 KiB. */
export const requestsBurst = 20;
export const requestsPerSecond = 10;

/** Bytes that may wait for one viewer: beyond, the feed leaves readings out and requests are put off. */
export const waitingBytesMax = 512 * 1_024;

/** The least time between two readings of a feed. Milliseconds. No room changes faster. */
export const feedMsMin = 50;

const dayMs = 86_400_000;

export const viewing = (sensor: SensorParts, line: ViewerLine): Viewing => {
  const { label, quantities, readings, readingsMax, ground } = sensor;
  const say = (message: SensorMessage) => line.send(JSON.stringify(message));
  const refuse = (id: number, reason: SensorReason, detail: string) =>
    say({ type: "error", id, reason, detail });
  const pointsMax = pointsMaxOf(quantities.length);

  const allowed = allowance(requestsBurst, requestsPerSecond, ground.now);
  const mayAsk = (): boolean => line.waiting() <= waitingBytesMax && allowed();

  /** Undefined: no feed. */
  let feedMs: number | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  const stop = () => {
    feedMs = undefined;
    cancel?.();
    cancel = undefined;
  };
  /** The newest reading, now or when the interval is over; one timer stands for all that came meanwhile. */
  const feed = () => {
    if (feedMs === undefined || cancel !== undefined) return;
    // A clock that was set back puts nothing off for longer than the interval.
    const wait = Math.min(feedMs, toldAt + feedMs - ground.now());
    if (wait > 0) {
      cancel = ground.after(wait, () => {
        cancel = undefined;
        feed();
      });
      return;
    }
    const { latest } = readings;
    if (latest === undefined || line.waiting() > waitingBytesMax) return;
    toldAt = ground.now();
    say({ type: "reading", ...latest });
  };

  const answer = (request: SensorRequest): void => {
    const { id } = request;
    switch (request.type) {
      case "describe": {
        const history = { readingsMax, pointsMax };
        return say({
          type: "description",
          id,
          protocol: sensorProtocol,
          label,
          quantities,
          history,
          now: ground.now(),
        });
      }
      case "read": {
        const { latest } = readings;
        if (latest === undefined) return refuse(id, "NO_READING", "Nothing was measured yet.");
        return say({ type: "reading", id, ...latest });
      }
      case "history": {
        const to = request.to ?? Math.max(ground.now(), readings.latest?.at ?? 0);
        const from = request.from ?? Math.max(0, to - dayMs);
        if (from > to) return refuse(id, "BAD_ARGUMENT", "from is after to.");
        const points = Math.min(request.points ?? pointsMax, pointsMax);
        return say({ type: "history", id, ...readings.history(from, to, points) });
      }
      case "subscribe": {
        stop();
        feedMs = Math.max(feedMsMin, request.minIntervalMs ?? 0);
        toldAt = Number.NEGATIVE_INFINITY;
        say({ type: "subscribed", id, minIntervalMs: feedMs });
        return feed();
      }
      case "unsubscribe":
        stop();
        return say({ type: "unsubscribed", id });
    }
  };

  return {
    tell: feed,
    close: stop,
    receive(message) {
      const request = parseRequest(message);
      if (!mayAsk()) {
        const { id } = request;
        if (id !== undefined) refuse(id, "RATE_LIMITED", "Too many requests; ask again after a second.");
        return;
      }
      if (request.type === "error") say(request);
      else answer(request);
    },
  };
};
