// SPDX-License-Identifier: MIT
/** WebRTC for Node, where it is installed: an optional package, because its 26 MB are of no use to who only runs a server. */
import type { Picture } from "./y4m.ts";

export interface VideoInput {
  readonly track: MediaStreamTrack;
  readonly show: (picture: Picture) => void;
}

/** What the commands use of `@roamhq/wrtc`. */
export interface NodeWebRtc {
  /** Without a configuration there are no ICE servers: enough on a local network, where waiting for one takes seconds. */
  makeConnection(configuration?: RTCConfiguration): RTCPeerConnection;
  makeStream(): MediaStream;
  makeVideoInput(): VideoInput;
  /** Gives each picture of a track until it is stopped. */
  watch(track: MediaStreamTrack, take: (picture: Picture) => void): () => void;
}

export const missingWebRtc = "WebRTC in Node needs a package that is not installed: npm install @roamhq/wrtc";

/** Undefined where the package is missing or does not fit this machine. */
export const loadWebRtc = async (): Promise<NodeWebRtc | undefined> => {
  const loaded = await import("@roamhq/wrtc").catch(() => undefined);
  if (loaded === undefined) return undefined;
  const { MediaStream, RTCPeerConnection, nonstandard } = loaded.default;
  return {
    makeConnection: (configuration = { iceServers: [] }) => new RTCPeerConnection(configuration),
    makeStream: () => new MediaStream(),
    makeVideoInput() {
      const source = new nonstandard.RTCVideoSource();
      return { track: source.createTrack(), show: (picture) => source.onFrame(picture) };
    },
    watch(track, take) {
      const sink = new nonstandard.RTCVideoSink(track);
      // A picture that is under way when it is stopped still arrives.
      let over = false;
      sink.onframe = ({ frame }: { readonly frame: Picture }) => {
        if (!over) take(frame);
      };
      return () => {
        over = true;
        sink.stop();
      };
    },
  };
};
