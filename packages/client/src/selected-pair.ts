// SPDX-License-Identifier: MIT
/** The candidate pair a connection uses (W3C webrtc-stats), by types only: no addresses. */
import { defined } from "./defined.ts";

export interface SelectedPair {
  /** `host`, `srflx`, `prflx` or `relay`. */
  readonly local: string;
  readonly remote: string;
  /** `udp` or `tcp`. */
  readonly protocol?: string;
  /** How the TURN server is reached: `udp`, `tcp` or `tls`. */
  readonly relayProtocol?: string;
}

/** Of the entries, what is looked at. The runtime's own words, taken as they are. */
interface Entry {
  readonly id: string;
  readonly type: string;
  readonly selectedCandidatePairId?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly selected?: boolean;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly candidateType?: string;
  readonly protocol?: string;
  readonly relayProtocol?: string;
}

export const selectedPair = async (pc: RTCPeerConnection): Promise<SelectedPair | undefined> => {
  const entries: Entry[] = [];
  try {
    (await pc.getStats()).forEach((entry: Entry) => {
      entries.push(entry);
    });
  } catch {
    // A stack without statistics: the pair stays unknown.
    return undefined;
  }
  const byId = (wanted: string | undefined) => entries.find(({ id }) => id === wanted);
  const transport = entries.find(({ selectedCandidatePairId }) => selectedCandidatePairId !== undefined);
  const pair =
    byId(transport?.selectedCandidatePairId) ??
    // Firefox has no transport entry, but marks the pair.
    entries.find(
      ({ type, selected, nominated, state }) =>
        type === "candidate-pair" && (selected || (nominated && state === "succeeded")),
    );
  const local = byId(pair?.localCandidateId);
  const remote = byId(pair?.remoteCandidateId);
  if (local?.candidateType === undefined || remote?.candidateType === undefined) return undefined;
  const { candidateType, protocol, relayProtocol } = local;
  return defined({ local: candidateType, remote: remote.candidateType, protocol, relayProtocol });
};
