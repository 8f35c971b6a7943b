// SPDX-License-Identifier: MIT
/** What people are told of a peer's protocol. The wire's traits decide what can be done; names only name. */
import type { MediaKind } from "../state.ts";

const titles: ReadonlyMap<string, string> = new Map([
  ["native", "Signalbox"],
  ["flitter", "Flitter"],
  ["unrupt", "Unrupt"],
  ["lan", "LAN"],
  ["peerjs", "PeerJS"],
  ["puter", "Puter"],
  ["peernet", "PeerNet"],
  ["whip", "WHIP"],
  ["whep", "WHEP"],
]);

/** Empty where it is not known: a peer that is not listed. */
export const protocolTitle = (protocol: string): string =>
  protocol === ""
    ? "Not listed"
    : (titles.get(protocol) ?? `${protocol.slice(0, 1).toUpperCase()}${protocol.slice(1)}`);

/** "video only", "audio + video", "audio, video, chat & files" … */
export const abilities = (media: readonly MediaKind[]): string => {
  const sound = media.includes("audio");
  const sight = media.includes("video");
  const talk = media.includes("application");
  if (sound && sight) return talk ? "audio, video, chat & files" : "audio + video";
  if (sight) return talk ? "video, chat & files" : "video only";
  if (sound) return talk ? "audio, chat & files" : "audio only";
  return talk ? "chat & files" : "cannot be called";
};
