// SPDX-License-Identifier: MIT
/**
 * Which candidate belongs to which generation of a description (RFC 8838, RFC 8839 ice-ufrag), and the peer's
 * candidates that wait for theirs.
 */
import type { CandidateInit } from "./wire.ts";

/** Candidates that wait for a description, at most; later ones are dropped. As many as the server holds. */
const earlyMax = 64;

/** Name of the generation, where the candidate tells it. */
const ufragOf = ({ usernameFragment, candidate }: CandidateInit): string | undefined =>
  usernameFragment ?? / ufrag (\S+)/.exec(candidate)?.[1];

/** May this candidate belong to this description? */
export const belongs = (candidate: CandidateInit, description: RTCSessionDescription | null): boolean => {
  if (description === null) return false;
  const ufrag = ufragOf(candidate);
  return ufrag === undefined || description.sdp.split(/\r?\n/).includes(`a=ice-ufrag:${ufrag}`);
};

/** `host`, `srflx`, `prflx` or `relay`. */
export const typeOf = (candidate: string): string => / typ (\S+)/.exec(candidate)?.[1] ?? "unknown";

export interface RemoteCandidates {
  /** The candidate, or `undefined` for the end of them. Call only while no description is being applied. */
  take(candidate: CandidateInit | undefined): Promise<void>;
  /** A new remote description stands: those that waited for it are added, those of older ones dropped. */
  described(): Promise<void>;
}

/** `unusable` counts what the stack would not take: no reason to give the call up. */
export const remoteCandidates = (pc: RTCPeerConnection, unusable: () => void): RemoteCandidates => {
  let early: (CandidateInit | undefined)[] = [];
  const add = async (candidate: CandidateInit | undefined) => {
    try {
      // Without an argument: the end of candidates (W3C webrtc-pc).
      await (candidate === undefined ? pc.addIceCandidate() : pc.addIceCandidate({ ...candidate }));
    } catch {
      unusable();
    }
  };
  const fits = (candidate: CandidateInit | undefined) =>
    candidate === undefined ? pc.remoteDescription !== null : belongs(candidate, pc.remoteDescription);
  return {
    async take(candidate) {
      if (fits(candidate)) await add(candidate);
      else if (early.length < earlyMax) early.push(candidate);
    },
    async described() {
      const waiting = early;
      early = [];
      for (const candidate of waiting) if (fits(candidate)) await add(candidate);
    },
  };
};
