// SPDX-License-Identifier: MIT
import wrtc from "@roamhq/wrtc";

// wrtc 0.10.0 often crashes while Node takes its environment apart, though not after `process.exit`. By the time nothing
// is left to do, the results are reported.
process.once("beforeExit", () => setImmediate(() => process.exit()));

export const makeConnection = (): RTCPeerConnection => new wrtc.RTCPeerConnection({ iceServers: [] });

/** A video track that shows nothing. Stop it, or the process lives on. */
export const videoTrack = (): MediaStreamTrack => new wrtc.nonstandard.RTCVideoSource().createTrack();

export const emptyStream = (): MediaStream => new wrtc.MediaStream();

export const opened = (channel: RTCDataChannel): Promise<void> =>
  channel.readyState === "open"
    ? Promise.resolve()
    : new Promise((resolve) => channel.addEventListener("open", () => resolve(), { once: true }));

export const nextMessage = (channel: RTCDataChannel): Promise<unknown> =>
  new Promise((resolve) =>
    channel.addEventListener("message", (event) => resolve(event.data), { once: true }),
  );
