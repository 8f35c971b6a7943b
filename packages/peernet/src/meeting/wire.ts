// SPDX-License-Identifier: MIT
/** What lines of PeerNet and the hub say to each other: JSON in text frames, though both are in one process. */
import {
  type Fate,
  type Frame,
  type Meaning,
  type MediaKind,
  type PeerId,
  type Refusal,
  type RoomName,
  type Service,
  type SessionId,
  textFrame,
} from "@signalbox/core";

/** Name of this protocol, as peers of others are told it. */
export const dialectName = "peernet";

export type Told = Exclude<Meaning, { readonly kind: "opaque" }>;

export type ToHub =
  | {
      readonly type: "join";
      readonly peer: PeerId;
      readonly room: RoomName;
      readonly credential?: string;
      readonly services: readonly Service[];
      readonly displayName?: string;
      /** What it can negotiate, as far as it says. */
      readonly media: readonly MediaKind[];
      /** Are the others told of it? */
      readonly announced: boolean;
      /** Whose coming and going it wants to hear of. Of the others only the going of those who called it is told. */
      readonly watches?: PeerId;
    }
  | { readonly type: "update"; readonly services: readonly Service[]; readonly displayName: string }
  | {
      readonly type: "signal";
      readonly to: PeerId;
      readonly session?: SessionId;
      readonly meaning: Told;
      /** Its fate is wanted. */
      readonly ref?: number;
    }
  | { readonly type: "settle"; readonly held: number; readonly fate?: Fate };

export interface Caller {
  readonly peer: PeerId;
  readonly session: SessionId;
  readonly protocol: string;
}

export type FromHub =
  | { readonly type: "in" }
  /** It is not in the room, or not any more. */
  | { readonly type: "out"; readonly why: Refusal }
  | { readonly type: "signal"; readonly from: Caller; readonly meaning: Told; readonly held?: number }
  | { readonly type: "fate"; readonly ref: number; readonly fate: Fate }
  | { readonly type: "came" | "gone"; readonly peer: PeerId; readonly session: SessionId };

export const frameOf = (message: ToHub | FromHub): Frame => textFrame(JSON.stringify(message));

const read = (frame: Frame): unknown => JSON.parse(frame.kind === "text" ? frame.text : "null");

/** Both ends are of one process and one version: nothing is checked that was just written. */
export const readToHub = (frame: Frame): ToHub => read(frame) as ToHub;
export const readFromHub = (frame: Frame): FromHub => read(frame) as FromHub;
