// SPDX-License-Identifier: MIT
import type { LanGround } from "./exchange.ts";

/** Makes a connection's offer, or its answer to `offer`, with all candidates it can gather in the time given. */
export const completeDescription = async (
  connection: RTCPeerConnection,
  offer: string | undefined,
  gatherMs: number,
  ground: Pick<LanGround, "after">,
): Promise<string> => {
  if (offer === undefined) await connection.setLocalDescription(await connection.createOffer());
  else {
    await connection.setRemoteDescription({ type: "offer", sdp: offer });
    await connection.setLocalDescription(await connection.createAnswer());
  }
  await gathered(connection, gatherMs, ground);
  return connection.localDescription?.sdp ?? "";
};

/** Waits until the connection has all its candidates, or for so long. */
const gathered = async (
  connection: RTCPeerConnection,
  withinMs: number,
  ground: Pick<LanGround, "after">,
): Promise<void> => {
  if (connection.iceGatheringState === "complete") return;
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      connection.removeEventListener("icegatheringstatechange", check);
      resolve();
    };
    const check = () => {
      if (connection.iceGatheringState === "complete") done();
    };
    const cancel = ground.after(withinMs, done);
    connection.addEventListener("icegatheringstatechange", check);
    check();
  });
};
