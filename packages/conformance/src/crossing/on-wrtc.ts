// SPDX-License-Identifier: MIT
/** Ends of calls on libwebrtc, the stack that browsers have. */
import wrtc from "@roamhq/wrtc";
import type { CompleteEndpoint } from "./flitter-peer.ts";
import { type Look, listenTo, lookFor, pictures, tone } from "./media.ts";
import type { NativeStack } from "./native-peer.ts";
import { type Path, whenConnected } from "./path.ts";
import type { TricklingEndpoint } from "./unrupt-peer.ts";

/** What a connection of wrtc receives. Made before the remote description is set. */
export const wrtcPath = (connection: RTCPeerConnection): Path & { stop(): void } => {
  const looks: Look[] = [];
  const trackOf = (kind: string) =>
    new Promise<MediaStreamTrack>((resolve) => {
      connection.addEventListener("track", ({ track }) => {
        if (track.kind === kind) resolve(track);
      });
    });
  const video = trackOf("video");
  const audio = trackOf("audio");
  const found = (look: Look) => {
    looks.push(look);
    return look.found;
  };
  return {
    connected: whenConnected(connection),
    sees: async (brightness) => found(lookFor(await video, brightness)),
    hears: async () => found(listenTo(await audio)),
    stop() {
      for (const look of looks) look.stop();
    },
  };
};

/** A stream of its own pictures, and of sound if asked; to be stopped. */
export const wrtcStream = (brightness: number, kinds: readonly ("audio" | "video")[]) => {
  const feeds = kinds.map((kind) => (kind === "audio" ? tone() : pictures(brightness)));
  const stream = new wrtc.MediaStream(feeds.map(({ track }) => track));
  const stop = () => {
    for (const feed of feeds) feed.stop();
  };
  return { stream, stop };
};

/**
 * One transport for all sections, as current browsers open by themselves. This older libwebrtc would open one for each
 * until it knows that the peer bundles too, and werift (0.25.2) may settle on one that is about to go.
 */
const configuration: RTCConfiguration = { iceServers: [], bundlePolicy: "max-bundle" };

const open = (brightness: number, kinds: readonly ("audio" | "video")[]) => {
  const connection = new wrtc.RTCPeerConnection(configuration);
  const path = wrtcPath(connection);
  const { stream, stop } = wrtcStream(brightness, kinds);
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  const close = () => {
    path.stop();
    stop();
    connection.close();
  };
  return { connection, path, close };
};

const sdpOf = (connection: RTCPeerConnection): string => connection.localDescription?.sdp ?? "";

/** As Flitter uses its stack: pictures both ways, descriptions that hold every candidate. */
export const flitterOnWrtc = (brightness: number): CompleteEndpoint & Path => {
  const { connection, path, close } = open(brightness, ["video"]);
  const gathered = new Promise<void>((resolve) => {
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") resolve();
    });
  });
  return {
    ...path,
    async offer() {
      await connection.setLocalDescription(await connection.createOffer());
      await gathered;
      return closed(sdpOf(connection));
    },
    async answer(sdp) {
      await connection.setRemoteDescription({ type: "offer", sdp });
      await connection.setLocalDescription(await connection.createAnswer());
      await gathered;
      return closed(sdpOf(connection));
    },
    finish: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    close,
  };
};

/** aiortc says that no candidate follows; libwebrtc leaves it out. */
const closed = (sdp: string): string =>
  sdp.includes("a=end-of-candidates")
    ? sdp
    : sdp.replace(/(a=candidate:[^\r\n]*\r\n)(?!a=candidate:)/, "$1a=end-of-candidates\r\n");

/** As the Unrupt page uses its browser: pictures and sound both ways, candidates as they are found. */
export const unruptOnWrtc = (brightness: number): TricklingEndpoint & Path => {
  const { connection, path, close } = open(brightness, ["audio", "video"]);
  return {
    ...path,
    get stable() {
      return connection.signalingState === "stable";
    },
    async offer() {
      const description = await connection.createOffer();
      await connection.setLocalDescription(description);
      return description.sdp ?? "";
    },
    async answer(sdp) {
      await connection.setRemoteDescription({ type: "offer", sdp });
      const description = await connection.createAnswer();
      await connection.setLocalDescription(description);
      return description.sdp ?? "";
    },
    finish: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    take: (candidate) => connection.addIceCandidate({ sdpMLineIndex: 0, candidate }),
    whenCandidate(run) {
      connection.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate) run(candidate.candidate);
      });
    },
    whenStable(run) {
      connection.addEventListener("signalingstatechange", () => {
        if (connection.signalingState === "stable") run();
      });
    },
    close,
  };
};

/** As an application on this library uses it: a stream of pictures and sound in every call. */
export const nativeOnWrtc = (brightness: number): NativeStack => {
  const { stream, stop } = wrtcStream(brightness, ["audio", "video"]);
  const paths: { stop(): void }[] = [];
  return {
    RTCPeerConnection: wrtc.RTCPeerConnection,
    configuration,
    media: { streams: [stream] },
    pathOf(call) {
      const path = wrtcPath(call.connection);
      paths.push(path);
      return path;
    },
    stop() {
      for (const path of paths) path.stop();
      stop();
    },
  };
};
