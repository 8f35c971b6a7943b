// SPDX-License-Identifier: MIT
/** The viewer's end of sensor/1: the same in a browser and in Node. */
import {
  type Description,
  type History,
  parseMessage,
  type Reading,
  type SensorMessage,
  type SensorRequest,
} from "./wire.ts";

/** A request that a sensor refused, or that can have no answer any more. `reason` is a word of sensor/1, or `CLOSED`. */
export class SensorRefusal extends Error {
  readonly reason: string;
  constructor(reason: string, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

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
  readonly closed: Promise<void>;
  close(): void;
}

type Request<R = SensorRequest> = R extends SensorRequest ? Omit<R, "id"> : never;
type Answer<T extends SensorMessage["type"]> = Extract<SensorMessage, { readonly type: T }>;

const isAnswer = <T extends SensorMessage["type"]>(message: SensorMessage, type: T): message is Answer<T> =>
  message.type === type;

const opened = (channel: RTCDataChannel): Promise<void> =>
  channel.readyState === "open"
    ? Promise.resolve()
    : new Promise((resolve) => {
        for (const event of ["open", "close"])
          channel.addEventListener(event, () => resolve(), { once: true });
        if (channel.readyState === "closed") resolve();
      });

/** Settles once the sensor said what it is; every refusal is a `SensorRefusal`. */
export const viewSensor = async (channel: RTCDataChannel): Promise<SensorView> => {
  const waiting = new Map<
    number,
    { resolve(answer: SensorMessage): void; reject(error: SensorRefusal): void }
  >();
  let lastId = 0;
  let feed: ((reading: Reading) => void) | undefined;
  let end = new SensorRefusal("CLOSED", "The connection to the sensor is closed.");

  const ask = async <T extends SensorMessage["type"]>(request: Request, type: T): Promise<Answer<T>> => {
    const answer = await new Promise<SensorMessage>((resolve, reject) => {
      if (channel.readyState !== "open") return reject(end);
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      channel.send(JSON.stringify({ ...request, id: lastId }));
    });
    if (isAnswer(answer, type)) return answer;
    throw new SensorRefusal("MALFORMED", `The sensor answered with ${answer.type} instead of ${type}.`);
  };

  const closed = new Promise<void>((resolve) => {
    channel.addEventListener("close", () => {
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve();
    });
    if (channel.readyState === "closed") resolve();
  });
  channel.addEventListener("message", ({ data }) => {
    const message = parseMessage(data);
    if (message === undefined) return;
    const { id } = message;
    const asker = id === undefined ? undefined : waiting.get(id);
    if (id !== undefined) waiting.delete(id);
    if (message.type === "error") {
      const refusal = new SensorRefusal(message.reason, message.detail);
      if (id === undefined) end = refusal;
      asker?.reject(refusal);
    } else if (message.type === "reading" && id === undefined) feed?.(message);
    else asker?.resolve(message);
  });

  await opened(channel);
  const description = await ask({ type: "describe" }, "description");
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
