// SPDX-License-Identifier: MIT
/** What the connection itself tells of its path. */
import { hasCandidates } from "./gathering.ts";
import type { Trace } from "./trace.ts";
import type { VerdictCode } from "./verdict.ts";

export interface PathHooks {
  /** Both descriptions are there: until then some stacks report states of a path to nowhere. */
  answered(): boolean;
  connected(): void;
  broken(how: "disconnected" | "failed"): void;
  /** This side has no address to offer. */
  withoutCandidates(): void;
}

export interface Path {
  /** Looks at the states again: wrtc 0.10.0 does not tell of a handshake that fails in the moment the path opens. */
  look(): void;
  /** Why there is no path, from what is known. */
  why(): VerdictCode;
}

/** Watches for as long as the connection lives. */
export const watchPath = (
  pc: RTCPeerConnection,
  relayOnly: boolean,
  trace: Trace,
  hooks: PathHooks,
): Path => {
  const hasIce = () =>
    hooks.answered() && (pc.iceConnectionState === "connected" || pc.iceConnectionState === "completed");
  const hasOwn = () => Object.keys(trace.local).length > 0 || hasCandidates(pc);
  const look = () => {
    if (hooks.answered() && pc.iceConnectionState === "checking") trace.mark("checking");
    if (hasIce()) trace.mark("ice-connected");
    const { connectionState } = pc;
    if (connectionState === "connected") {
      trace.mark("dtls-connected");
      hooks.connected();
    } else if (connectionState === "disconnected" || connectionState === "failed") {
      hooks.broken(connectionState);
    }
  };
  pc.addEventListener("connectionstatechange", look);
  pc.addEventListener("iceconnectionstatechange", look);
  pc.addEventListener("icegatheringstatechange", () => {
    if (pc.iceGatheringState !== "complete") return;
    trace.mark("gathered");
    if (!hasOwn()) hooks.withoutCandidates();
  });
  pc.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate?.candidate) trace.counts("local", candidate.candidate);
  });
  return {
    look,
    why() {
      if (hasIce()) return "dtls-failed";
      if (!hasOwn()) return relayOnly ? "turn-unusable" : "no-candidates-gathered";
      return Object.keys(trace.remote).length > 0 ? "ice-failed" : "peer-without-candidates";
    },
  };
};
