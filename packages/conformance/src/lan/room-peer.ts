// SPDX-License-Identifier: MIT
/** A process: a peer of the SDK in the room `default`. `room-peer.ts URL ID [CALL]`. Says what it sees, until it is ended. */
import wrtc from "@roamhq/wrtc";
import { standingCall } from "@signalbox/client/standing";
import { lookFor } from "../crossing/media.ts";
import { wrtcStream } from "../crossing/on-wrtc.ts";
import { shown } from "./shown.ts";

const [url = "", id = "", call = ""] = process.argv.slice(2);
const { stream } = wrtcStream(shown.inRoom, ["video"]);
const standing = standingCall({
  url,
  room: "default",
  id,
  call,
  stream,
  RTCPeerConnection: wrtc.RTCPeerConnection,
  configuration: { iceServers: [], bundlePolicy: "max-bundle" },
  onState: (state) => console.log(`state ${state}`),
  onTrack: (track) => void lookFor(track, shown.onLan).found.then(() => console.log("sees the LAN")),
});
// The process stays: its connection says good-bye on a thread of its own.
process.on("SIGTERM", () => standing.close());
