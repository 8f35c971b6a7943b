// SPDX-License-Identifier: MIT
/** Peers of a room, one line each, for tests that tell a story. */
import type { Room } from "@signalbox/client";
import { type HandClock, handClock } from "@signalbox/core/testing";
import { type Box, hall } from "./box.ts";
import { type FlitterPeer, flitterPeer } from "./flitter-peer.ts";
import { nativePeer } from "./native-peer.ts";
import { flitterOnWrtc, nativeOnWrtc, unruptOnWrtc } from "./on-wrtc.ts";
import { type UnruptPage, unruptPage } from "./unrupt-peer.ts";
import { dial } from "./wire.ts";

type Complete = ReturnType<typeof flitterOnWrtc>;
type Trickling = ReturnType<typeof unruptOnWrtc>;

/** Brightness of what each kind of peer sends, unless told otherwise. */
export const shows = { native: 50, flitter: 80, unrupt: 110 };

export const nativeIn = (box: Box, id: string) => {
  const stack = nativeOnWrtc(shows.native);
  return nativePeer(box, id, stack).then((room): { room: Room; stack: typeof stack } => ({ room, stack }));
};

/** A Flitter program. Its own clock stands still until it is turned. */
export const flitterIn = (
  box: Box,
  id: string,
  call?: string,
): { readonly peer: FlitterPeer<Complete>; readonly clock: HandClock } => {
  const clock = handClock();
  const peer = flitterPeer({
    room: hall,
    id,
    ...(call === undefined ? {} : { call }),
    dial: () => dial(box.url),
    endpoint: async () => flitterOnWrtc(shows.flitter),
    clock,
  });
  box.after(peer.stop);
  return { peer, clock };
};

export interface Visitor {
  readonly page: UnruptPage<Trickling>;
  readonly clock: HandClock;
  /** Settles when everything the server was sent before is done, and everything it sent before has come. */
  caughtUp(): Promise<void>;
  /** The line breaks; the page and its connection stay. */
  breakLine(): void;
}

/** A visitor of the Unrupt page. Its own clock stands still until it is turned. */
export const visitorIn = async (box: Box, id: string, brightness = shows.unrupt): Promise<Visitor> => {
  const clock = handClock();
  const wire = await dial(box.unruptUrl(id));
  const page = unruptPage({ id, wire, endpoint: () => unruptOnWrtc(brightness), clock });
  box.after(page.stop);
  let rounds = 0;
  return {
    page,
    clock,
    caughtUp() {
      // A frame to its own id comes back.
      rounds += 1;
      wire.send(JSON.stringify({ to: id, type: "round" }));
      return page.hears("round", rounds);
    },
    breakLine: wire.close,
  };
};

/** How many offers a page has been told. */
export const offersTo = ({ page }: Visitor): number => page.heard.filter((type) => type === "offer").length;
