// SPDX-License-Identifier: MIT
// Waits for a call and greets whoever comes. node examples/answer.mjs [URL]
import wrtc from "@roamhq/wrtc";
import { connect } from "@signalbox/client";

const url = process.argv[2] ?? "ws://127.0.0.1:8080";
const room = await connect({ url, room: "hall", id: "bob", RTCPeerConnection: wrtc.RTCPeerConnection });
room.on("call", async (call) => {
  call.on("channel", (channel) => channel.send(`hello ${call.peer.id}, this is bob`));
  await call.accept();
});
console.log("bob waits in the hall");
