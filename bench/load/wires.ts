// SPDX-License-Identifier: MIT
/** What is said to each server under measurement: the same load in each one's own words. */
import type { ServerKind } from "../servers.ts";
import { description, numberMark } from "./frames.ts";

export type WireName = "forward" | "parse-to" | "receipt" | "peer" | "native" | "flitter" | "unrupt";

/** Two peers, and the room that is theirs where rooms are announced: nobody else's news disturbs them. */
export interface Names {
  readonly self: string;
  readonly other: string;
  readonly room: string;
}

export interface Wire {
  readonly server: ServerKind;
  readonly subprotocol?: string;
  target(names: Names): string;
  /** What is said first. */
  hello?(names: Names): string;
  /** The type of the frame that says that the peer is in. Absent: the upgrade says so. */
  readonly welcome?: string;
  /** Frames the first of a room gets when the second comes in. */
  readonly introductions: number;
  /** One message, with this description in it. `numberMark` stands where each one's number goes. */
  message(names: Names, sdp: string): string;
  /** Does the sender get a receipt for each? */
  readonly receipts: boolean;
  /** What tells the server that so many of its frames have been taken, and how seldom that may be. */
  readonly acknowledges?: { readonly every: number; readonly frame: (seen: number) => string };
  /** Says that it goes for good. */
  readonly goodbye?: string;
}

const bare = ({ self, other }: Names): string => `/?id=${self}&to=${other}`;
const call = "0f8b2c1e-6d0b-4a52-9a7e-2f7b8f0d5c11";
const unruptMessage = ({ self, other }: Names, sdp: string): string =>
  JSON.stringify({ to: other, retry: 5, from: self, type: "offer", sdp, session: 1_795_220_807_127 });
const nativeMessage = ({ other }: Names, sdp: string): string =>
  `{"type":"signal","seq":${numberMark},"to":${JSON.stringify(other)},"signal":${JSON.stringify({ kind: "offer", call, sdp })}}`;

export const wires: { readonly [Name in WireName]: Wire } = {
  forward: { server: "forward", target: bare, introductions: 0, message: unruptMessage, receipts: false },
  "parse-to": { server: "parse-to", target: bare, introductions: 0, message: unruptMessage, receipts: false },
  receipt: { server: "receipt", target: bare, introductions: 0, message: nativeMessage, receipts: true },
  peer: {
    server: "peer",
    target: ({ self }) => `/peerjs?key=peerjs&id=${self}&token=${self}`,
    welcome: "OPEN",
    introductions: 0,
    message: ({ other }, sdp) =>
      JSON.stringify({
        type: "OFFER",
        payload: {
          sdp: { type: "offer", sdp },
          type: "data",
          connectionId: "dc_f1a8b0q3v7k",
          label: "dc_f1a8b0q3v7k",
          reliable: false,
          serialization: "binary",
        },
        dst: other,
      }),
    receipts: false,
  },
  native: {
    server: "signalbox",
    subprotocol: "signalbox.v1",
    target: () => "/",
    hello: ({ self, room }) => JSON.stringify({ type: "join", seq: 1, room, id: self }),
    welcome: "joined",
    introductions: 1,
    message: nativeMessage,
    receipts: true,
    acknowledges: { every: 32, frame: (seen) => `{"type":"ack","seen":${seen}}` },
    goodbye: '{"type":"end"}',
  },
  flitter: {
    server: "signalbox",
    target: () => "/",
    hello: ({ self, room }) => JSON.stringify({ type: "join", id: self, room }),
    welcome: "members",
    introductions: 1,
    message: ({ other }, sdp) => JSON.stringify({ type: "call", to: other, offer: sdp }),
    receipts: false,
  },
  unrupt: {
    server: "signalbox",
    target: ({ self }) => `/websocket/?finger=${self}`,
    introductions: 0,
    message: unruptMessage,
    receipts: false,
  },
};

/** A message of exactly so many bytes. */
export const messageOf = (wire: Wire, names: Names, bytes: number): string => {
  const lengthWith = (characters: number) => wire.message(names, description(characters)).length;
  let characters = bytes;
  while (lengthWith(characters) > bytes) characters -= lengthWith(characters) - bytes;
  // An escape is two bytes: what is missing then is a letter.
  return wire.message(names, description(characters) + "x".repeat(bytes - lengthWith(characters)));
};
