// SPDX-License-Identifier: MIT
/** A call as an application sees it. */
import type { Emits } from "./emitter.ts";
import type { SelectedPair } from "./selected-pair.ts";
import type { CandidateCounts, Stage } from "./trace.ts";
import type { Verdict } from "./verdict.ts";
import type { MediaKind, Peer } from "./wire.ts";

/**
 * `calling`: not answered yet. `ringing`: waits for `accept` or `reject`. `connecting`: answered, a path is looked for.
 * `interrupted`: was connected; ICE is restarted until it is again, or for a minute. `ended`: for good.
 */
export type CallState = "calling" | "ringing" | "connecting" | "connected" | "interrupted" | "ended";

/** What this side brings into a call. More can be added at any time. */
export interface CallMedia {
  /** All tracks of these. */
  readonly streams?: readonly MediaStream[];
  /** Kinds to receive even where nothing of that kind is sent. */
  readonly receive?: readonly ("audio" | "video")[];
  /** Data channels, by label or with options. Reliable and ordered unless told otherwise. */
  readonly channels?: readonly (string | ChannelInit)[];
}

export interface ChannelInit extends RTCDataChannelInit {
  readonly label: string;
}

export interface CallOptions extends CallMedia {
  /** Name of the peer's service that is called, where it has several. Default: the peer's first one, or none in particular. */
  readonly service?: string;
  /** For this call, over what `connect` was given; `iceServers` here replace the server's. */
  readonly configuration?: RTCConfiguration;
  /** Ends the call. */
  readonly signal?: AbortSignal;
  /** How long to wait for an answer. Milliseconds. Default 45 s: people need that long to find the button. */
  readonly answerWithinMs?: number;
  /** How long a path may take from the answer on. Milliseconds. Default 30 s: as long as browsers try. */
  readonly connectWithinMs?: number;
}

export type CallEvents = {
  readonly state: readonly [state: CallState];
  /** The peer opened a data channel; it is open. Kept (at most 64) until there is a listener. */
  readonly channel: readonly [channel: RTCDataChannel];
  /** Kept (at most 64) until there is a listener. */
  readonly track: readonly [track: MediaStreamTrack, streams: readonly MediaStream[]];
  readonly ended: readonly [verdict: Verdict];
};

export interface Why {
  readonly verdict: Verdict;
  /** In the order they were reached. */
  readonly stages: readonly Stage[];
  readonly candidates: {
    readonly local: CandidateCounts;
    readonly remote: CandidateCounts;
    /** The peer's candidates that this stack would not take. */
    readonly unusable: number;
  };
  /** The path in use, or the last one. */
  readonly pair?: SelectedPair;
}

export interface Call extends Emits<CallEvents> {
  /** Names this negotiation. Changes once where two crossing calls become one. */
  readonly id: string;
  readonly peer: Peer;
  /** Was it the peer that called? */
  readonly incoming: boolean;
  /** The service that is called, where the caller named one. */
  readonly service: string | undefined;
  /** The kinds of media in the peer's offer, so that a person can be asked what to take. Empty for a call of ours. */
  readonly offers: readonly MediaKind[];
  readonly state: CallState;
  /** What can be said of the call now; `why()` tells more. */
  readonly verdict: Verdict;
  readonly connection: RTCPeerConnection;
  /**
   * Takes an incoming call. Resolves when the answer is on its way. Rejects with `CallError` where the call ends
   * before, with the signal's reason where that aborts (the call then ends too).
   */
  accept(media?: CallMedia & { readonly signal?: AbortSignal }): Promise<void>;
  /** Turns an incoming call down; the caller is told the reason. At most 1024 characters. */
  reject(reason?: string): void;
  /** Ends the call; the peer is told the reason. At most 1024 characters. Where it has ended already, nothing happens. */
  hangUp(reason?: string): void;
  createDataChannel(label: string, init?: RTCDataChannelInit): RTCDataChannel;
  /** The first channel of that label, opened from either side. */
  channel(label: string): RTCDataChannel | undefined;
  addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): RTCRtpSender;
  addStream(stream: MediaStream): readonly RTCRtpSender[];
  /** New ICE credentials and a new path, with fresh ICE servers. Done by itself when a connected call breaks. */
  restartIce(): void;
  /**
   * Resolves when the call is connected and every channel this side created before that is open. Rejects with
   * `CallError`, whose `verdict` says why, where the call ends before; with the signal's reason where that aborts
   * (the call goes on).
   */
  opened(signal?: AbortSignal): Promise<void>;
  /** The stages of this attempt with their times, and a verdict with a fix. */
  why(): Promise<Why>;
}
