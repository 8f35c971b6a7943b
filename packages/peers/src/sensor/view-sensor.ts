// SPDX-License-Identifier: MIT
/** The viewer's end of sensor/1: the same in a browser and in Node. */
import { converse, type DeviceRefusal } from "../conversation.ts";
import { type Description, type History, parseMessage, type Reading } from "./wire.ts";

export interface HistoryAsked {
  /** Milliseconds since the epoch, by the sensor's clock. Default: a day before `to`. */
  readonly from?: number;
  /** Default: now. */
  readonly to?: number;
  /** Default: as many as the sensor gives. */
  readonly points?: number;
}

export interface SensorView {
  readonly description: Description;
  /** The latest reading. */
  read(): Promise<Reading>;
  history(asked?: HistoryAsked): Promise<History>;
  /** One feed a view: the next call replaces it. Settles with the interval the sensor keeps. Milliseconds. */
  subscribe(take: (reading: Reading) => void, minIntervalMs?: number): Promise<number>;
  unsubscribe(): Promise<void>;
  /** Settles when the channel is closed, by either side. */
  readonly closed: Promise<DeviceRefusal>;
  close(): void;
}

/** Settles once the sensor said what it is; every refusal is a `DeviceRefusal`. */
export const viewSensor = async (channel: RTCDataChannel): Promise<SensorView> => {
  let feed: ((reading: Reading) => void) | undefined;
  const { ask, closed } = await converse({
    channel,
    parse: parseMessage,
    told(message) {
      if (message.type === "reading") feed?.(message);
    },
  });
  const { type: _, id: __, ...description } = await ask({ type: "describe" }, "description");
  return {
    description,
    closed,
    async read() {
      const { at, values } = await ask({ type: "read" }, "reading");
      return { at, values };
    },
    history: (asked = {}) => ask({ type: "history", ...asked }, "history"),
    async subscribe(take, minIntervalMs) {
      feed = take;
      const interval = minIntervalMs === undefined ? {} : { minIntervalMs };
      return (await ask({ type: "subscribe", ...interval }, "subscribed")).minIntervalMs;
    },
    async unsubscribe() {
      feed = undefined;
      await ask({ type: "unsubscribe" }, "unsubscribed");
    },
    close: () => channel.close(),
  };
};
