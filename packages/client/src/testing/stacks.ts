// SPDX-License-Identifier: MIT
/** The WebRTC stacks that run in Node, each as this library wants it. */
import wrtc from "@roamhq/wrtc";
import { RTCPeerConnection as WeriftConnection } from "werift";
import type { PeerConnectionConstructor } from "../connect.ts";

export interface Stack {
  readonly name: string;
  readonly RTCPeerConnection: PeerConnectionConstructor;
}

export const wrtcStack: Stack = { name: "wrtc", RTCPeerConnection: wrtc.RTCPeerConnection };
export const weriftStack: Stack = { name: "werift", RTCPeerConnection: WeriftConnection };

export const wrtcConnection = (): RTCPeerConnection => new wrtc.RTCPeerConnection();

/** A video track of `wrtc` that shows nothing. Stop it, or the process lives on. */
export const videoTrack = (): MediaStreamTrack => new wrtc.nonstandard.RTCVideoSource().createTrack();

// wrtc 0.10.0 often crashes while Node takes its environment apart, though not after `process.exit`. By the time nothing
// is left to do the results are there; they are written before the end.
process.once("beforeExit", () => setImmediate(() => process.stdout.write("", () => process.exit())));
