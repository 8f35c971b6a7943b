// SPDX-License-Identifier: MIT
/** A call and its room: what each knows of the other. */
import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { Peer, Receipt, SignalBody } from "./wire.ts";

/** What a call needs of its room. */
export interface CallHost {
  readonly clock: Clock;
  readonly self: Peer;
  readonly line: "open" | "away" | "closed";
  readonly lineOpenAt: number;
  readonly joinedAt: number;
  configuration(own: RTCConfiguration | undefined): RTCConfiguration;
  connection(configuration: RTCConfiguration): RTCPeerConnection;
  /** That stay of a peer, where it is in the room. */
  stay(session: string): Peer | undefined;
  /** How many stays hold this id? */
  holders(id: string): number;
  /** Tells every receipt there is; for an offer also the second one. Rejects where there will be none. */
  signal(
    to: string,
    session: string | undefined,
    body: SignalBody,
    told?: (receipt: Receipt) => void,
  ): Promise<unknown>;
  over(call: CallInRoom): void;
}

/** A call as its room sees it. */
export interface CallInRoom {
  readonly call: Call;
  /** Ours, and not answered: an offer of the peer's own crosses it. */
  readonly unanswered: boolean;
  /** An offer is out. */
  readonly offered: boolean;
  /** The peer speaks another protocol: it cannot give way. */
  readonly foreign: boolean;
  receive(body: SignalBody, session: string): void;
  /** The peer's crossing call stands in place of ours. */
  adopt(id: string, sdp: string, session: string): void;
  /** The peer's crossing call yields to ours. */
  outlive(id: string): void;
  peerLeft(): void;
  /** This peer is in the room under a new session. */
  sessionChanged(): void;
  lineTurned(error?: unknown): void;
}
