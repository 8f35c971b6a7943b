// SPDX-License-Identifier: MIT
/** What happened, for metrics and logs. Never holds SDP, candidates, tokens or addresses. */
import type { ConnectionId, NodeId, PeerId, RoomName, SessionId } from "./ids.ts";
import type { LeaveReason } from "./member.ts";
import type { RefusalCode } from "./refusal.ts";
import type { Fate } from "./vocabulary.ts";

export type Observation =
  | { readonly type: "lineOpened"; readonly connection: ConnectionId; readonly dialect: string }
  | {
      readonly type: "lineClosed";
      readonly connection: ConnectionId;
      readonly dialect: string;
      readonly heldMs: number;
    }
  | { readonly type: "sessionOpened"; readonly session: SessionId; readonly dialect: string }
  | {
      readonly type: "sessionResumed";
      readonly session: SessionId;
      readonly dialect: string;
      readonly gap: boolean;
      readonly awayMs: number;
    }
  | {
      readonly type: "sessionClosed";
      readonly session: SessionId;
      readonly dialect: string;
      readonly heldMs: number;
      readonly reason: LeaveReason;
    }
  /**
   * A session changed nodes: this one took or gave it with all that was told; the node that had it did not answer in time; nobody
   * has it any more, so that it came with a gap; or what was given could not be sent.
   */
  | { readonly type: "sessionMoved"; readonly result: "taken" | "given" | "late" | "orphaned" | "lost" }
  | {
      readonly type: "joined";
      readonly session: SessionId;
      readonly dialect: string;
      readonly room: RoomName;
      readonly peer: PeerId;
    }
  | {
      readonly type: "left";
      readonly session: SessionId;
      readonly dialect: string;
      readonly room: RoomName;
      readonly peer: PeerId;
      readonly reason: LeaveReason;
    }
  | {
      readonly type: "signalRelayed";
      readonly from: string;
      readonly to: string | undefined;
      readonly fate: Fate["fate"];
    }
  | { readonly type: "messageRelayed"; readonly fate: Fate["fate"] }
  | { readonly type: "refused"; readonly dialect: string; readonly code: RefusalCode }
  /** News of a room went missing between nodes, and its roster was fetched again. */
  | { readonly type: "rosterRefetched" }
  | { readonly type: "nodeUnreachable"; readonly node: NodeId }
  /** A bug: something threw that must not. */
  | { readonly type: "failed"; readonly what: string; readonly error: unknown };

export type Observe = (observation: Observation) => void;
