// SPDX-License-Identifier: MIT
import {
  type Closing,
  type Codec,
  type Decoded,
  type Dialect,
  defaultLimits,
  type Event,
  type Frame,
  type Limits,
  parseRoomName,
  type Refusal,
  type RoomName,
  textFrame,
} from "@signalbox/core";
import { closing, decodeFrame, type Memory, malformed } from "./decode.ts";
import { encodeEvent } from "./encode.ts";
import { parse } from "./shape.ts";
import { peerFrame, subprotocol } from "./wire.ts";

export interface NativeMount {
  /** Path of the WebSocket endpoint. Default `/`. */
  readonly path?: string;
  /** Room of a `join` that names none, where the URL names none either. Default `default`. */
  readonly room?: string;
  readonly limits?: Limits;
  /** Origins of pages that may connect. Default: any. */
  readonly origins?: readonly string[];
}

const fallbackRoom = "default" as RoomName;

/** The dialect `signalbox.v1`, mounted. docs/native-protocol.md says what its frames mean. */
export const native = (mount: NativeMount = {}): Dialect => {
  const { path = "/", limits = defaultLimits } = mount;
  const room = parseRoomName(mount.room) ?? fallbackRoom;
  const mounted: Mounted = { limits };
  return {
    name: "native",
    limits,
    resumable: true,
    answers: true,
    refusesHandshakes: "http",
    subprotocol,
    ...(mount.origins === undefined ? {} : { origins: mount.origins }),
    accepts: (handshake) => handshake.path === path && handshake.protocols.includes(subprotocol),
    open: (handshake) =>
      new NativeCodec(mounted, parseRoomName(handshake.query("room")) ?? room, handshake.bearer),
  };
};

/** What all lines of a mount share. */
interface Mounted {
  readonly limits: Limits;
}

const nothing: readonly never[] = [];

/** A class, because there are as many as there are lines: what they share is not made anew for each. */
class NativeCodec implements Codec, Memory {
  readonly opening = nothing;
  readonly defaultRoom: RoomName;
  rooms: readonly RoomName[] = nothing;
  wanted: readonly string[] = nothing;
  opened = false;
  readonly #mounted: Mounted;
  readonly #bearer: string | undefined;

  constructor(mounted: Mounted, defaultRoom: RoomName, bearer: string | undefined) {
    this.#mounted = mounted;
    this.defaultRoom = defaultRoom;
    this.#bearer = bearer;
  }

  decode(frame: Frame): Decoded {
    if (frame.kind === "binary") return malformed(this, undefined, "Binary frames have no meaning here.");
    let value: unknown;
    try {
      value = JSON.parse(frame.text);
    } catch {
      return malformed(this, undefined, "It is not JSON.");
    }
    const parsed = parse(peerFrame, value);
    if (!parsed.ok) return malformed(this, sequenceOf(value), `${parsed.problem}.`);
    return decodeFrame(this, this.#mounted.limits, parsed.value, this.#bearer, frame.text);
  }

  encode(event: Event, seq: number): readonly Frame[] {
    if (event.type === "left") this.rooms = this.rooms.filter((room) => room !== event.room);
    if (event.type === "joined" && !this.rooms.includes(event.room))
      this.rooms = this.rooms.concat(event.room);
    if (event.type === "resumed") {
      this.opened = true;
      this.rooms = [...new Set([...this.rooms, ...event.rooms])];
    }
    const text = encodeEvent(event, seq, this.#mounted.limits, this.wanted);
    return text === undefined ? nothing : [textFrame(text)];
  }

  refuse(why: Refusal): Closing {
    return closing(why);
  }
}

const sequenceOf = (value: unknown): number | undefined => {
  if (typeof value !== "object" || value === null || !("seq" in value)) return undefined;
  const { seq } = value;
  return typeof seq === "number" && Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
};
