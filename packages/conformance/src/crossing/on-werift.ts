// SPDX-License-Identifier: MIT
/** Ends of calls on werift: a second stack, written in JavaScript, that shares no line with libwebrtc. */
import {
  MediaStream,
  MediaStreamTrack,
  type PeerConfig,
  RTCPeerConnection,
  RtpHeader,
  RtpPacket,
  useOPUS,
  useVP8,
} from "werift";
import type { CompleteEndpoint } from "./flitter-peer.ts";
import type { Kind, NativeStack } from "./native-peer.ts";
import { type Path, whenConnected } from "./path.ts";

/**
 * The brightness of every picture werift sends here: it has no encoder, so it sends one key frame again and again.
 * Recorded from libwebrtc's VP8 encoder, 32 by 32 pixels; the first octet is the payload descriptor (RFC 7741, 4.2).
 */
export const weriftBrightness = 200;
const picture = Buffer.from(
  "10b002009d012a20002000390300001c2216162266122004904000f21e6b9800fefee19800",
  "hex",
);
const pictureEveryMs = 40;
/** Of the 90 kHz clock (RFC 7741, 4.1). */
const pictureTicks = 3_600;

/** 20 ms of a tone, recorded from libwebrtc's Opus encoder. */
const sound = Buffer.from(
  "78b212e3d238ebd01e3b262bd60eff923dd35e72efbf15e5e6a9b00b466a7acf6c37e2d5943376c6734959042af9cd16024acafc66f66e00" +
    "fc7475a6ca874101f63eef39c39668",
  "hex",
);
const soundEveryMs = 20;
/** Of the 48 kHz clock (RFC 7587, 4.1). */
const soundTicks = 960;

/** As many packets as two stray ones are not. */
const enough = 3;

/** On the loopback only. It would ask a public STUN server if it were given none. */
const surroundings = (stun: string): Partial<PeerConfig> => ({
  iceServers: [{ urls: stun }],
  iceUseIpv4: false,
  iceUseIpv6: false,
  iceUseTcp: false,
  iceAdditionalHostAddresses: ["127.0.0.1"],
  // Otherwise it forgets to close the second of two transports.
  bundlePolicy: "max-bundle",
  codecs: { audio: [useOPUS()], video: [useVP8()] },
});

const weriftPath = (connection: RTCPeerConnection): Path => {
  const packets = (wanted: string) =>
    new Promise<void>((resolve) => {
      let count = 0;
      connection.onTrack.subscribe((track) => {
        if (track.kind !== wanted) return;
        track.onReceiveRtp.subscribe(() => {
          count += 1;
          if (count === enough) resolve();
        });
      });
    });
  const video = packets("video");
  const audio = packets("audio");
  return { connected: whenConnected(connection), sees: () => video, hears: () => audio };
};

/** Tracks that send for as long as they are not stopped. */
const weriftStream = (kinds: readonly Kind[]) => {
  const feeds = [
    ...(kinds.includes("audio") ? [feed("audio", sound, soundEveryMs, soundTicks)] : []),
    ...(kinds.includes("video") ? [feed("video", picture, pictureEveryMs, pictureTicks)] : []),
  ];
  return {
    stream: new MediaStream(feeds.map(({ track }) => track)),
    stop() {
      for (const one of feeds) one.stop();
    },
  };
};

const feed = (kind: "audio" | "video", payload: Buffer, everyMs: number, ticks: number) => {
  const track = new MediaStreamTrack({ kind });
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const header = new RtpHeader({ sequenceNumber: count & 0xffff, timestamp: count * ticks, marker: true });
    track.writeRtp(new RtpPacket(header, payload));
  }, everyMs);
  return { track, stop: () => clearInterval(timer) };
};

/** As Flitter uses its stack. */
export const flitterOnWerift = (stun: string): CompleteEndpoint & Path => {
  const connection = new RTCPeerConnection(surroundings(stun));
  const { stream, stop } = weriftStream(["video"]);
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  return {
    ...weriftPath(connection),
    async offer() {
      await connection.setLocalDescription(await connection.createOffer());
      return connection.localDescription?.sdp ?? "";
    },
    async answer(sdp) {
      await connection.setRemoteDescription({ type: "offer", sdp });
      await connection.setLocalDescription(await connection.createAnswer());
      return connection.localDescription?.sdp ?? "";
    },
    finish: (sdp) => connection.setRemoteDescription({ type: "answer", sdp }),
    close() {
      stop();
      connection.close().catch(() => {});
    },
  };
};

/**
 * As an application on this library uses it. Each connection is born with its tracks, of the kinds the call is to have:
 * werift 0.25.2 fails a connection whose answer leaves out one that it could have sent.
 */
export const nativeOnWerift = (stun: string, kinds: readonly Kind[]): NativeStack => {
  const paths = new WeakMap<object, Path>();
  const stops: (() => void)[] = [];
  class Connection extends RTCPeerConnection {
    constructor() {
      super(surroundings(stun));
      const { stream, stop } = weriftStream(kinds);
      stops.push(stop);
      for (const track of stream.getTracks()) this.addTrack(track, stream);
      paths.set(this, weriftPath(this));
    }
  }
  return {
    RTCPeerConnection: Connection,
    configuration: {},
    media: {},
    pathOf: ({ connection }) => {
      const path = paths.get(connection);
      if (path === undefined) throw new Error("a connection of another stack");
      return path;
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
};
