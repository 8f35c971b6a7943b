// SPDX-License-Identifier: MIT
/** A sensor: what it measures goes in, and every viewer's channel gets what it asks for. */
import { sendWhereOpen } from "../sending.ts";
import { keptReadings, type Readings } from "./readings.ts";
import { type Ground, type Viewing, viewing, waitingBytesMax } from "./viewing.ts";
import { isQuantityId, parseRequest, type Quantity, quantitiesMax, type Reading } from "./wire.ts";

export interface SensorOptions {
  readonly label: string;
  readonly quantities: readonly Quantity[];
  readonly ground: Ground;
  /** Readings that are kept. Default: 100,000, a day of one each second in 2.4 MB. */
  readonly readingsMax?: number;
  /** Default: 32. One more is told so. */
  readonly viewersMax?: number;
}

export interface Sensor {
  readonly label: string;
  readonly quantities: readonly Quantity[];
  readonly readings: Readings;
  readonly viewers: number;
  /** Why no further viewer is taken; undefined where one is. */
  readonly full: string | undefined;
  /** False where it is older than the newest, which stays as it is. */
  measure(reading: Reading): boolean;
  /** Serves whoever is at the other end. */
  take(channel: RTCDataChannel): void;
  close(): void;
}

export const defaultReadingsMax = 100_000;
/** 24 MB for two quantities. */
export const mostReadings = 1_000_000;
export const defaultViewersMax = 32;

export const openSensor = (options: SensorOptions): Sensor => {
  const { label, quantities, ground } = options;
  const { readingsMax = defaultReadingsMax, viewersMax = defaultViewersMax } = options;
  const names = new Set(quantities.map(({ id }) => id));
  if (quantities.length < 1 || quantities.length > quantitiesMax || names.size < quantities.length) {
    throw new RangeError(`A sensor has from 1 to ${quantitiesMax} quantities, each with an id of its own.`);
  }
  if (![...names].every(isQuantityId)) {
    throw new RangeError("The id of a quantity is of lower-case letters, digits, - and _, at most 32.");
  }
  const readings = keptReadings(quantities, readingsMax);
  const parts = { label, quantities, readingsMax, readings, ground };
  const viewers = new Map<RTCDataChannel, Viewing>();
  const full = `This sensor has ${viewersMax} viewers already.`;

  const serve = (channel: RTCDataChannel): void => {
    if (viewers.size >= viewersMax) {
      // Whoever closes a channel right behind its last message may lose that: the viewer closes it.
      channel.addEventListener("message", ({ data }) => {
        const { id } = parseRequest(data);
        const error = { type: "error", id, reason: "TOO_MANY_VIEWERS", detail: full };
        if (channel.bufferedAmount < waitingBytesMax) sendWhereOpen(channel, JSON.stringify(error));
      });
      return;
    }
    const viewer = viewing(parts, {
      send: (text) => void sendWhereOpen(channel, text),
      waiting: () => channel.bufferedAmount,
    });
    viewers.set(channel, viewer);
    channel.addEventListener("message", ({ data }) => viewer.receive(data));
    channel.addEventListener("close", () => {
      viewers.delete(channel);
      viewer.close();
    });
  };

  return {
    label,
    quantities,
    readings,
    get viewers() {
      return viewers.size;
    },
    get full() {
      return viewers.size >= viewersMax ? full : undefined;
    },
    measure(reading) {
      if (!readings.add(reading)) return false;
      for (const viewer of viewers.values()) viewer.tell();
      return true;
    },
    take(channel) {
      if (channel.readyState === "open") serve(channel);
      else channel.addEventListener("open", () => serve(channel), { once: true });
    },
    close() {
      for (const [channel, viewer] of viewers) {
        viewer.close();
        channel.close();
      }
      viewers.clear();
    },
  };
};
