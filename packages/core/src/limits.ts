// SPDX-License-Identifier: MIT
/**
 * Every bound of the box, in one table: its default and the reason for it, its unit, and what happens there.
 * docs/limits.md and the configuration are checked against this table by tests.
 */
import type { RefusalCode } from "./refusal.ts";

export type LimitUnit = "bytes" | "count" | "per second" | "milliseconds";

export interface LimitRow {
  readonly value: number;
  readonly unit: LimitUnit;
  /** `mount`: each mounted dialect may have its own. `server`: one for the whole process. */
  readonly scope: "mount" | "server";
  readonly why: string;
  /** What is told at the bound; where it is not a refusal, what happens instead. */
  readonly at: RefusalCode | { readonly instead: string };
}

export const limitTable = {
  frameBytes: {
    value: 256 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "An SDP with 64 candidates and ten media sections stays under 64 KiB; four times that leaves room for messages.",
    at: "too-large",
  },
  sdpBytes: {
    value: 64 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "Twenty times the usual offer; larger ones are mistakes or abuse.",
    at: "too-large",
  },
  messageBytes: {
    value: 16 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "Application messages are small; what is large belongs on a data channel.",
    at: "too-large",
  },
  framesPerSecond: {
    value: 100,
    unit: "per second",
    scope: "mount",
    why: "A peer that trickles to several others at once sends tens of frames in a burst, then nothing.",
    at: "rate-limited",
  },
  frameBurst: {
    value: 400,
    unit: "count",
    scope: "mount",
    why: "A newcomer that calls everyone in a small room at once, candidates included.",
    at: "rate-limited",
  },
  outboxBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "What waits in this process for a peer that reads slowly; beyond it the line is closed, the others do not wait.",
    at: "slow-peer",
  },
  commandQueue: {
    value: 64,
    unit: "count",
    scope: "mount",
    why: "Frames of one line that wait while an earlier one is decided.",
    at: { instead: "the line is not read until the queue is empty again" },
  },
  roomMembers: {
    value: 1_000,
    unit: "count",
    scope: "mount",
    why: "Everyone in an announced room is told of everyone: cost grows with the square. Rooms that announce nobody set it far higher.",
    at: "room-full",
  },
  sessionsPerId: {
    value: 16,
    unit: "count",
    scope: "mount",
    why: "Holders of one shared id, each of whom gets every signal to it: a person's tabs and reloads.",
    at: "id-taken",
  },
  roomsPerSession: {
    value: 16,
    unit: "count",
    scope: "mount",
    why: "An application that needs more peers than rooms can open a second session.",
    at: "too-many-rooms",
  },
  servicesPerPeer: {
    value: 32,
    unit: "count",
    scope: "mount",
    why: "Services travel with every roster; a device has a handful.",
    at: "too-many-services",
  },
  serviceBytes: {
    value: 4 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "All services of one peer together, as JSON; a roster page of 100 stays below 512 KiB.",
    at: "too-large",
  },
  rosterPage: {
    value: 100,
    unit: "count",
    scope: "mount",
    why: "Members in one page of a roster; most rooms fit in one.",
    at: { instead: "the page ends there and names the next one" },
  },
  heldSignals: {
    value: 64,
    unit: "count",
    scope: "mount",
    why: "Candidates of one call that wait for their description or for an answer; browsers gather fewer.",
    at: "mailbox-full",
  },
  callsPerSession: {
    value: 64,
    unit: "count",
    scope: "mount",
    why: "Calls between two dialects that one session has under way at once; the oldest is forgotten first.",
    at: { instead: "the oldest call is forgotten; what it still held is refused as `mailbox-full`" },
  },
  replayFrames: {
    value: 1_024,
    unit: "count",
    scope: "mount",
    why: "Events kept for a session until it acknowledges them.",
    at: "mailbox-full",
  },
  replayBytes: {
    value: 512 * 1024,
    unit: "bytes",
    scope: "mount",
    why: "The same in bytes: eight full-sized offers.",
    at: "mailbox-full",
  },
  graceMs: {
    value: 15_000,
    unit: "milliseconds",
    scope: "mount",
    why: "How long a session waits for its peer to return: longer than a Wi-Fi to LTE handover.",
    at: "session-unknown",
  },
  silentMs: {
    value: 10_000,
    unit: "milliseconds",
    scope: "mount",
    why: "From the open connection to the first command; a person's slow line needs two.",
    at: "silent",
  },
  pingEveryMs: {
    value: 20_000,
    unit: "milliseconds",
    scope: "mount",
    why: "Below the 30 s after which common NATs and proxies forget an idle line.",
    at: { instead: "a WebSocket ping is sent" },
  },
  pongWithinMs: {
    value: 20_000,
    unit: "milliseconds",
    scope: "mount",
    why: "A line that answered no ping for a whole interval is half-open: found after at most 40 s, 60 s with timer slack.",
    at: "unresponsive",
  },
  handshakeMs: {
    value: 10_000,
    unit: "milliseconds",
    scope: "server",
    why: "An HTTP request or upgrade that is not complete by then is closed: slow-header attacks hold nothing open.",
    at: { instead: "the TCP connection is closed, with 408 where a request had begun" },
  },
  connections: {
    value: 50_000,
    unit: "count",
    scope: "server",
    why: "Lines of one process: about 2 GiB with TLS; raise it together with the memory and the file limit.",
    at: "overloaded",
  },
  connectionsPerAddress: {
    value: 2_000,
    unit: "count",
    scope: "server",
    why: "A school or company behind one address; a burst of 500 joins passes with room to spare.",
    at: "overloaded",
  },
  handshakesPerSecondPerAddress: {
    value: 100,
    unit: "per second",
    scope: "server",
    why: "Steady new lines from one address, after the burst below is spent.",
    at: "rate-limited",
  },
  handshakeBurstPerAddress: {
    value: 1_000,
    unit: "count",
    scope: "server",
    why: "After a network outage a whole site returns at once.",
    at: "rate-limited",
  },
  framesPerSecondPerAddress: {
    value: 5_000,
    unit: "per second",
    scope: "server",
    why: "All lines of one address together: fifty peers at their own full rate.",
    at: "rate-limited",
  },
  frameBurstPerAddress: {
    value: 20_000,
    unit: "count",
    scope: "server",
    why: "500 peers that join and call at once, with candidates.",
    at: "rate-limited",
  },
  requestsPerSecondPerAddress: {
    value: 1_000,
    unit: "per second",
    scope: "server",
    why: "HTTP requests of one address, RPCs included, after the burst below is spent: a thousand devices that poll each second.",
    at: "rate-limited",
  },
  requestBurstPerAddress: {
    value: 5_000,
    unit: "count",
    scope: "server",
    why: "A site of 500 people that opens the page at once, ten files each.",
    at: "rate-limited",
  },
  addressesTracked: {
    value: 100_000,
    unit: "count",
    scope: "server",
    why: "Addresses whose rates are remembered; idle ones with full buckets are forgotten first.",
    at: { instead: "the address that was idle longest is forgotten" },
  },
  bodyBytes: {
    value: 256 * 1024,
    unit: "bytes",
    scope: "server",
    why: "The body of an HTTP request: a server with all its services, or a dozen answers.",
    at: "too-large",
  },
  roomsKept: {
    value: 10_000,
    unit: "count",
    scope: "server",
    why: "Rooms of the registry, listed or not; a site has tens.",
    at: "registry-full",
  },
  serversPerRoom: {
    value: 10_000,
    unit: "count",
    scope: "server",
    why: "Registered servers of one room, and those in no room; a search looks at each of them.",
    at: "registry-full",
  },
  servicesPerServer: {
    value: 32,
    unit: "count",
    scope: "server",
    why: "As for a peer: a device has a handful.",
    at: "too-many-services",
  },
  knocksPerService: {
    value: 64,
    unit: "count",
    scope: "server",
    why: "Knocks that wait at one service; a device that is back after a reboot can still answer them all in time.",
    at: "too-many-knocks",
  },
  knocksPerKnocker: {
    value: 16,
    unit: "count",
    scope: "server",
    why: "Knocks that one token has waiting at one server.",
    at: "too-many-knocks",
  },
  knocksPerAddress: {
    value: 256,
    unit: "count",
    scope: "server",
    why: "Knocks that wait from one address, or one IPv6 network, over HTTP: a school of 250 people, each at a door.",
    at: "too-many-knocks",
  },
  insideLines: {
    value: 10_000,
    unit: "count",
    scope: "server",
    why: "Registered servers that are peers of their rooms, and knocks at peers: each costs a few KiB.",
    at: { instead: "a server is reached by PeerNet only; a knock at a peer is rejected" },
  },
  attributesBytes: {
    value: 4 * 1024,
    unit: "bytes",
    scope: "server",
    why: "Attributes, typed details and private fields of one service or knock together.",
    at: "too-large",
  },
  displayNameChars: {
    value: 256,
    unit: "count",
    scope: "server",
    why: "A name that people read, in UTF-16 units.",
    at: "too-large",
  },
  serverTtlMs: {
    value: 60_000,
    unit: "milliseconds",
    scope: "server",
    why: "Lease of a server that names none: one missed long poll is forgiven.",
    at: { instead: "the server is gone unless it was renewed" },
  },
  serverTtlMaxMs: {
    value: 24 * 60 * 60 * 1000,
    unit: "milliseconds",
    scope: "server",
    why: "A device that wakes once a day stays registered.",
    at: { instead: "a longer lease is shortened to this" },
  },
  knockTtlMs: {
    value: 30_000,
    unit: "milliseconds",
    scope: "server",
    why: "How long a knock that names no time waits for its answer: about as long as a person lets it ring.",
    at: { instead: "the knock expires, and whoever waits is told" },
  },
  knockTtlMaxMs: {
    value: 10 * 60 * 1000,
    unit: "milliseconds",
    scope: "server",
    why: "For devices that sleep between polls.",
    at: { instead: "a longer time is shortened to this" },
  },
  waitMaxMs: {
    value: 55_000,
    unit: "milliseconds",
    scope: "server",
    why: "Longest wait of one request: most proxies close what is silent for 60 s.",
    at: { instead: "the wait ends, with how things stand" },
  },
  pageSize: {
    value: 50,
    unit: "count",
    scope: "server",
    why: "Items of a page where none is named.",
    at: { instead: "the page ends there and names the next one" },
  },
  pageSizeMax: {
    value: 1_000,
    unit: "count",
    scope: "server",
    why: "Larger pages are cut to this.",
    at: { instead: "the page ends there and names the next one" },
  },
  requestsKeptMs: {
    value: 10 * 60 * 1000,
    unit: "milliseconds",
    scope: "server",
    why: "How long a request id is remembered: a retry after a reboot still finds its answer.",
    at: { instead: "the request id may be used anew" },
  },
  leaseMs: {
    value: 10_000,
    unit: "milliseconds",
    scope: "server",
    why: "With --redis: how long what a node holds outlives its last sign of life; it gives one four times as often.",
    at: {
      instead:
        "other nodes take its peers out and tell their rooms; alive after all, it claims again what is free",
    },
  },
  busBytes: {
    value: 32 * 1024 * 1024,
    unit: "bytes",
    scope: "server",
    why: "With --redis: what is on its way to other nodes at once; a Redis that is slower than that is overloaded.",
    at: "unreachable",
  },
  drainMs: {
    value: 10_000,
    unit: "milliseconds",
    scope: "server",
    why: "From SIGTERM to the end of the process; peers are told at once, this is for those that do not close.",
    at: { instead: "the remaining connections are cut and the process ends with status 0" },
  },
} as const satisfies { readonly [name: string]: LimitRow };

export type LimitName = keyof typeof limitTable;
export type Limits = { readonly [Name in LimitName]: number };

/** All defaults of the table. */
export const defaultLimits: Limits = Object.freeze(
  Object.fromEntries(Object.entries(limitTable).map(([name, row]) => [name, row.value])),
) as Limits;

/** Defaults with some of them replaced. */
export const withLimits = (overrides: Partial<Limits>): Limits =>
  Object.freeze({ ...defaultLimits, ...overrides });
