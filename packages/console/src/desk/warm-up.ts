// SPDX-License-Identifier: MIT
/**
 * The first connection of a page makes the browser learn its addresses. Chromium 156 may never gather a candidate for
 * it where its offer is rolled back while that goes on, as happens to one side when two people call each other in the
 * same moment (seen in 4 of 60 such pages, in none of 60 that had warmed up). So a connection for nobody goes first.
 */

/** By then the addresses are known, or there are none. Milliseconds. */
const longestMs = 5_000;

let warmed = false;

export const warmUp = async (): Promise<void> => {
  if (warmed || typeof RTCPeerConnection === "undefined") return;
  warmed = true;
  const connection = new RTCPeerConnection();
  const close = (): void => connection.close();
  connection.addEventListener("icecandidate", close, { once: true });
  setTimeout(close, longestMs);
  try {
    connection.createDataChannel("");
    await connection.setLocalDescription(await connection.createOffer());
  } catch {
    // Without WebRTC each call says why it fails; here nobody waits for anything.
    close();
  }
};
