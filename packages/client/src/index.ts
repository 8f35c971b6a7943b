// SPDX-License-Identifier: MIT
export type { Call, CallEvents, CallMedia, CallOptions, CallState, ChannelInit, Why } from "./call.ts";
export type { Chance, Clock } from "./clock.ts";
export { type ConnectOptions, connect, type PeerConnectionConstructor } from "./connect.ts";
export { type FailureCode, failures, SignalboxError } from "./failure.ts";
export type {
  JoinOptions,
  Message,
  Presence,
  Room,
  RoomEvents,
  RoomState,
  SendOptions,
  Session,
} from "./room.ts";
export type { GoneReason } from "./roster.ts";
export type { SelectedPair } from "./selected-pair.ts";
export type { LineState } from "./session.ts";
export type { SocketConstructor, SocketLike } from "./socket.ts";
export type { CandidateCounts, Stage, StageName } from "./trace.ts";
export { CallError, type Verdict, type VerdictCode, verdicts } from "./verdict.ts";
export type { Fate, IceServer, LeaveReason, MediaKind, Peer, Receipt, Service, Traits } from "./wire.ts";
