// SPDX-License-Identifier: MIT
/** The tracks and data channels of one call. */
import type { CallEvents, CallMedia } from "./call.ts";
import type { Emitter } from "./emitter.ts";
import type { Trace } from "./trace.ts";
import type { MediaKind } from "./wire.ts";

export interface MediaOfCall {
  add(media: CallMedia): void;
  createDataChannel(label: string, init?: RTCDataChannelInit): RTCDataChannel;
  addStream(stream: MediaStream): readonly RTCRtpSender[];
  channel(label: string): RTCDataChannel | undefined;
  /** Is any channel open? */
  carries(): boolean;
  /** Is every channel this side created open? */
  channelsOpen(): boolean;
  /** Is there a channel that no description has a section for? */
  wantsChannel(): boolean;
}

/** `opened` is called when a channel has opened. */
export const mediaOfCall = (
  pc: RTCPeerConnection,
  trace: Trace,
  { emit }: Emitter<CallEvents>,
  opened: () => void,
): MediaOfCall => {
  const channels: RTCDataChannel[] = [];
  let created: RTCDataChannel[] = [];
  const watch = (channel: RTCDataChannel, then: () => void) => {
    channels.push(channel);
    if (channel.readyState === "open") then();
    else channel.addEventListener("open", then);
  };
  pc.addEventListener("datachannel", ({ channel }) => {
    // Told when it is open: some stacks announce it a moment before.
    watch(channel, () => {
      opened();
      emit("channel", channel);
    });
  });
  pc.addEventListener("track", ({ track, streams }) => {
    // Unmuted: packets have come (W3C webrtc-pc). Not every stack ever mutes.
    if (track.muted) track.addEventListener("unmute", () => trace.mark("first-media"));
    emit("track", track, streams);
  });
  const createDataChannel = (label: string, init?: RTCDataChannelInit) => {
    const channel = pc.createDataChannel(label, init);
    created.push(channel);
    watch(channel, opened);
    return channel;
  };
  const addStream = (stream: MediaStream) => stream.getTracks().map((track) => pc.addTrack(track, stream));
  return {
    add({ streams = [], receive = [], channels: asked = [] }) {
      for (const stream of streams) addStream(stream);
      for (const kind of receive) {
        const sends = pc.getSenders().some(({ track }) => track?.kind === kind);
        if (!sends) pc.addTransceiver(kind, { direction: "recvonly" });
      }
      for (const one of asked) {
        const { label, ...init } = typeof one === "string" ? { label: one } : one;
        createDataChannel(label, init);
      }
    },
    createDataChannel,
    addStream,
    channel: (label) => channels.find((channel) => channel.label === label),
    carries: () => channels.some(({ readyState }) => readyState === "open"),
    channelsOpen() {
      // One that was closed again holds nothing up.
      created = created.filter(({ readyState }) => readyState === "connecting");
      return created.length === 0;
    },
    wantsChannel: () => created.length > 0 && !kindsIn(pc.localDescription?.sdp).includes("application"),
  };
};

const known: readonly MediaKind[] = ["audio", "video", "application"];

/** The kinds of media section in a description. */
export const kindsIn = (sdp = ""): readonly MediaKind[] =>
  known.filter((kind) => new RegExp(`^m=${kind} `, "m").test(sdp));
