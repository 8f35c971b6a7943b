// SPDX-License-Identifier: MIT
/** The asking end of a JSON protocol on a data channel: each request has a number, and its answer the same. */
import { sendWhereOpen } from "./sending.ts";
import type { WireError } from "./wire-values.ts";

/** A request that a device refused, or that can have no answer any more. `reason` is a word of its protocol, or `CLOSED`. */
export class DeviceRefusal extends Error {
  readonly reason: string;
  constructor(reason: string, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

interface Message {
  readonly type: string;
  readonly id?: number;
}

export interface ConversationParts<M extends Message> {
  readonly channel: RTCDataChannel;
  /** Undefined: it makes no sense, or is a type of a newer version. */
  readonly parse: (text: unknown) => M | WireError | undefined;
  /** What comes unasked. */
  readonly told: (message: M) => void;
  /** Binary messages; default: left alone. */
  readonly bytes?: (piece: Uint8Array) => void;
}

export interface Conversation<M extends Message> {
  /** Rejects with a `DeviceRefusal`. */
  ask<T extends M["type"]>(
    request: { readonly type: string; readonly [name: string]: unknown },
    answer: T,
  ): Promise<Extract<M, { readonly type: T }>>;
  /** Settles when the channel is closed, by either side: with the reason, where the device told one. */
  readonly closed: Promise<DeviceRefusal>;
}

const openedOrClosed = (channel: RTCDataChannel): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ["open", "close"]) channel.addEventListener(event, () => resolve(), { once: true });
    if (channel.readyState === "open" || channel.readyState === "closed") resolve();
  });

/** Settles when the channel is open, or closed: what is asked then is refused. */
export const converse = async <M extends Message>(parts: ConversationParts<M>): Promise<Conversation<M>> => {
  const { channel, parse, told, bytes } = parts;
  channel.binaryType = "arraybuffer";
  const waiting = new Map<
    number,
    { resolve(answer: M | WireError): void; reject(error: DeviceRefusal): void }
  >();
  let lastId = 0;
  let end = new DeviceRefusal("CLOSED", "The connection to the device is closed.");
  const isAnswer = <T extends M["type"]>(
    message: M | WireError,
    type: T,
  ): message is Extract<M, { readonly type: T }> => message.type === type;

  const closed = new Promise<DeviceRefusal>((resolve) => {
    const close = () => {
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve(end);
    };
    channel.addEventListener("close", close);
    if (channel.readyState === "closed") close();
  });
  channel.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) return bytes?.(new Uint8Array(data));
    const message = parse(data);
    if (message === undefined) return;
    const { id } = message;
    const asker = id === undefined ? undefined : waiting.get(id);
    if (id !== undefined) waiting.delete(id);
    if (message.type === "error" && "reason" in message) {
      const refusal = new DeviceRefusal(String(message.reason), String(message.detail));
      if (id === undefined) end = refusal;
      return asker?.reject(refusal);
    }
    if (asker !== undefined) asker.resolve(message);
    else if (id === undefined && !("reason" in message)) told(message);
  });
  await openedOrClosed(channel);
  return {
    closed,
    async ask(request, type) {
      const answer = await new Promise<M | WireError>((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        if (sendWhereOpen(channel, JSON.stringify({ ...request, id: lastId }))) return;
        waiting.delete(lastId);
        reject(end);
      });
      if (isAnswer(answer, type)) return answer;
      throw new DeviceRefusal("MALFORMED", `The device answered with ${answer.type} instead of ${type}.`);
    },
  };
};
