// SPDX-License-Identifier: MIT
/** Peers of the client as people on the page. */
import type { Peer as ClientPeer } from "@signalbox/client";
import type { Peer } from "../state.ts";

/** An id longer than this is no name for people: it is shown shortened. Characters. */
const idShown = 24;

const shortName = (id: string): string => (id.length > idShown ? `${id.slice(0, 12)}…` : id);

export const peerOf = ({ id, session, displayName, protocol, traits }: ClientPeer): Peer => ({
  id,
  session,
  name: displayName ?? shortName(id),
  protocol,
  media: traits.media,
});

/** Somebody whose id is all that is known: called as a camera and a microphone would be. */
export const unlisted = (id: string): Peer => ({
  id,
  session: "",
  name: shortName(id),
  protocol: "",
  media: ["audio", "video"],
});
