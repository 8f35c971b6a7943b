// SPDX-License-Identifier: MIT
/** What the page shows, as plain values: the desk writes it, the views read it, nobody else holds state. */

export type MediaKind = "audio" | "video" | "application";

/** Another peer in the room. */
export interface Peer {
  readonly id: string;
  /** One stay: the same id with another session is a return. */
  readonly session: string;
  /** Its name for people; its id where it gave none. */
  readonly name: string;
  /** The protocol it speaks, as the server names it: "native", "flitter" … */
  readonly protocol: string;
  /** What it can negotiate: "application" is chat and files. */
  readonly media: readonly MediaKind[];
}

/** The line to the server. Calls that stand do not need it. */
export type Line =
  | { readonly is: "opening" }
  | { readonly is: "open" }
  /** Lost, and tried again by itself. */
  | { readonly is: "lost" }
  /** Over: the server said not to come back. */
  | { readonly is: "closed"; readonly sentence: string };

export const stageNames = ["signaling", "offer", "answer", "checking", "connected"] as const;
export type StageName = (typeof stageNames)[number];

/** A piece of the path of a call. `ms` is counted from the start of the attempt. */
export interface Stage {
  readonly name: StageName;
  readonly is: "ahead" | "now" | "done" | "failed";
  readonly ms?: number;
}

/** Why it did not work, and what to do: a sentence each. */
export interface Verdict {
  readonly sentence: string;
  readonly fix?: string;
}

export type CallPhase =
  /** Waiting for the person's own camera or microphone. */
  | { readonly is: "preparing" }
  | { readonly is: "calling" }
  | { readonly is: "connecting" }
  | { readonly is: "connected" }
  /** It stood, and the path broke: a new one is being looked for. */
  | { readonly is: "interrupted" }
  | { readonly is: "failed"; readonly verdict: Verdict }
  | { readonly is: "ended"; readonly sentence: string };

export interface Said {
  readonly key: number;
  readonly mine: boolean;
  readonly text: string;
  readonly at: number;
}

export type FilePhase = "waiting" | "asking" | "moving" | "whole" | "stopped" | "refused" | "broken";

/** A file on its way, in either direction. */
export interface FileState {
  readonly id: string;
  readonly mine: boolean;
  readonly name: string;
  readonly size: number;
  /** Bytes the receiver has. */
  readonly moved: number;
  readonly is: FilePhase;
  /** Where the whole received file lies: a blob: address. */
  readonly href?: string;
}

export type MicState = "none" | "on" | "muted";
export type CameraState = "none" | "on" | "off" | "starting";

export interface CallState {
  readonly key: string;
  readonly peer: Peer;
  readonly outgoing: boolean;
  readonly wants: "media" | "talk";
  /** Can more be agreed once the call stands? Peers of other protocols exchange descriptions once. */
  readonly renegotiates: boolean;
  readonly phase: CallPhase;
  readonly stages: readonly Stage[];
  /** When it connected, for the clock. Milliseconds since the epoch. */
  readonly since?: number;
  /** Straight from peer to peer, or through a TURN server? Known once connected. */
  readonly path?: "direct" | "relayed";
  readonly mic: MicState;
  readonly camera: CameraState;
  readonly local?: MediaStream;
  readonly remote?: MediaStream;
  readonly remoteVideo: boolean;
  readonly remoteAudio: boolean;
  /** Something to know about this call that is no failure: no camera, permission denied … */
  readonly note: string | undefined;
  /** Is the chat line open? */
  readonly talkOpen: boolean;
  readonly said: readonly Said[];
  readonly files: readonly FileState[];
}

/** Somebody calls. */
export interface Ringing {
  readonly key: string;
  readonly peer: Peer;
  readonly offers: readonly MediaKind[];
}

/** A line of the train register: what happened, for the eye and for screen readers. */
export interface Entry {
  readonly key: number;
  readonly at: number;
  readonly text: string;
}

export interface Door {
  readonly room: string;
  readonly name: string;
  readonly opening: boolean;
  readonly asksSecret: boolean;
  readonly refusal?: string;
}

export interface State {
  readonly inside: boolean;
  readonly door: Door;
  readonly room: string;
  readonly self: { readonly id: string; readonly name: string };
  readonly line: Line;
  readonly peers: readonly Peer[];
  readonly calls: readonly CallState[];
  readonly ringing: readonly Ringing[];
  readonly register: readonly Entry[];
}

/**
 * Who waits for an answer now. Not somebody whom this side is about to call: that call will take theirs, and a question
 * that vanishes by itself only startles.
 */
export const ringingNow = ({ ringing, calls }: State): readonly Ringing[] =>
  ringing.filter(
    ({ peer }) => !calls.some((call) => call.phase.is === "preparing" && call.peer.id === peer.id),
  );
