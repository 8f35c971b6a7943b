// SPDX-License-Identifier: MIT
/** Peers that lose their line and come back. */
import { type Box, boxWith, type NativePeer, peerOn, type Told } from "./box.ts";

export const opaque = (to: string, data: unknown) => ({
  type: "signal",
  to,
  signal: { kind: "opaque", data },
});
export const last = (frames: readonly Told[]) => Number(frames.at(-1)?.seq);

/** A new line that says `resume` first. */
export const back = (
  box: Box,
  welcome: Told | undefined,
  { incarnation = 2, seen = 0, token = welcome?.token, startAt = 1 } = {},
): NativePeer => {
  const peer = peerOn(box.hub, box.dialect, "/", {}, startAt);
  peer.line.send({ type: "resume", session: welcome?.session, token, incarnation, seen });
  return peer;
};

export const pair = async (given: Parameters<typeof boxWith>[0] = {}) => {
  const box = boxWith(given);
  const ann = await box.peer("ann");
  const bob = await box.peer("bob");
  const frames = bob.told();
  ann.told();
  return { box, ann, bob, welcome: frames[0], seen: last(frames) };
};
