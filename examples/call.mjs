// SPDX-License-Identifier: MIT
// Calls bob, prints what he says, and how the call came about. node examples/call.mjs [URL]
import wrtc from "@roamhq/wrtc";
import { connect } from "@signalbox/client";

const url = process.argv[2] ?? "ws://127.0.0.1:8080";
const room = await connect({ url, room: "hall", id: "ann", RTCPeerConnection: wrtc.RTCPeerConnection });
const call = room.call("bob", { channels: ["talk"] });
call.channel("talk").onmessage = async ({ data }) => {
  console.log(data);
  for (const { name, ms } of (await call.why()).stages)
    console.log(`${ms.toFixed(0).padStart(5)} ms  ${name}`);
  process.exit();
};
await call.opened().catch((error) => console.log(error.verdict.sentence, error.verdict.fix));
