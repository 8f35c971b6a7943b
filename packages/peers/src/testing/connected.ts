// SPDX-License-Identifier: MIT
/** Two ends of a real connection in one process, without a server. */
import type { TestContext } from "node:test";
import wrtc from "@roamhq/wrtc";

// wrtc 0.10.0 often crashes while Node takes its environment apart, though not after `process.exit`. By the time nothing
// is left to do, the results are reported.
process.once("beforeExit", () => setImmediate(() => process.exit()));

export interface Ends {
  /** Who offers, as viewers do. */
  readonly viewer: RTCPeerConnection;
  readonly device: RTCPeerConnection;
  /** Offer and answer. What is negotiated is set up before. */
  connect(): Promise<void>;
  /** A channel of the viewer, and the device's end of it. */
  channel(protocol: string): readonly [viewer: RTCDataChannel, device: Promise<RTCDataChannel>];
}

/** The other end may be closed by the time a candidate gets there. */
const closedMeanwhile = () => {};

export const twoEnds = (test: Pick<TestContext, "after">): Ends => {
  const [viewer, device] = [0, 0].map(() => new wrtc.RTCPeerConnection({ iceServers: [] }));
  if (viewer === undefined || device === undefined) throw new Error("there are two");
  viewer.onicecandidate = ({ candidate }) =>
    candidate && device.addIceCandidate(candidate).catch(closedMeanwhile);
  device.onicecandidate = ({ candidate }) =>
    candidate && viewer.addIceCandidate(candidate).catch(closedMeanwhile);
  let channels = 0;
  test.after(() => {
    viewer.close();
    device.close();
  });
  return {
    viewer,
    device,
    async connect() {
      const offer = await viewer.createOffer();
      await Promise.all([viewer.setLocalDescription(offer), device.setRemoteDescription(offer)]);
      const answer = await device.createAnswer();
      await Promise.all([device.setLocalDescription(answer), viewer.setRemoteDescription(answer)]);
    },
    channel(protocol) {
      channels += 1;
      const label = `${protocol} ${channels}`;
      const theirs = new Promise<RTCDataChannel>((resolve) => {
        const take = ({ channel }: RTCDataChannelEvent) => {
          if (channel.label !== label) return;
          device.removeEventListener("datachannel", take);
          resolve(channel);
        };
        device.addEventListener("datachannel", take);
      });
      return [viewer.createDataChannel(label, { protocol }), theirs];
    },
  };
};
