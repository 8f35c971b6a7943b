// SPDX-License-Identifier: MIT
/** Sends where the channel is open. In Node it may close between a look and the call: then the event tells it, not a throw. */
export const sendWhereOpen = (
  channel: RTCDataChannel,
  message: string | Uint8Array<ArrayBuffer>,
): boolean => {
  if (channel.readyState !== "open") return false;
  try {
    // The two are different calls to the type checker.
    if (typeof message === "string") channel.send(message);
    else channel.send(message);
    return true;
  } catch {
    return false;
  }
};
