// SPDX-License-Identifier: MIT
/** PeerNet and a hub in one process, without sockets: one clock for all, turned by hand. */
import { memoryStore } from "@signalbox/backplane/memory";
import { isRefusal, type Limits, withLimits } from "@signalbox/core";
import {
  createServer,
  type KnockRecord,
  type RegistryGround,
  type ServerSpec,
  type Store,
  takeKnocks,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import { meeting } from "@signalbox/peernet";
import { type Box, boxWith, type NativePeer, type Told } from "../hub/box.ts";
import { granted, type TestGround, testGround } from "../registry/ground.ts";

export const sdp =
  "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=ice-ufrag:abcd\r\n";
export const offer = { type: "offer", sdp };
export const answer = { type: "answer", sdp: `${sdp}a=setup:active\r\n` };
export const accepting = { answer, candidates: [], complete: true };

/** A candidate as native peers trickle it, and as PeerNet writes it. */
export const candidate = {
  candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment: "abcd",
};

export interface Met extends Box {
  /** The registry as PeerNet's methods have it. */
  readonly ground: RegistryGround;
  readonly test: TestGround;
  /** Registers a device in room `r`, or renews it. */
  register(id: string, spec?: Partial<ServerSpec>): Promise<void>;
  /** What waits for a device; it is handed out. */
  take(id: string): Promise<readonly KnockRecord[]>;
  close(): void;
}

export interface MetParts {
  readonly store?: Store;
  readonly limits?: Partial<Limits>;
  readonly test?: TestGround;
}

export const met = (parts: MetParts = {}): Met => {
  const store = parts.store ?? parts.test?.store ?? memoryStore();
  const limits = withLimits(parts.limits ?? {});
  const test = { ...(parts.test ?? testGround(store, limits)), store };
  const box = boxWith({ clock: test.clock });
  const failures: unknown[] = [];
  const meets = meeting({
    registry: test,
    directory: box.directory,
    limits,
    failed: (error) => failures.push(error),
  });
  meets.start(box.hub);
  const ground = meets.registry;
  return {
    ...box,
    ground,
    test,
    async register(id, spec = {}) {
      const services = [{ protocol: "camera", version: "1", attributes: { width: 640, name: "front" } }];
      const whole = { id, room: "r", services, ttlMs: 60_000, ...spec };
      granted(await createServer(ground, whole, {}, test.digest(`owner of ${id}`)));
      await settled();
    },
    async take(id) {
      const queue = { server: id, service: "-" };
      const batch = await takeKnocks(ground, queue, test.asker(`owner of ${id}`), "", 50, 0);
      await settled();
      return isRefusal(batch) ? [] : batch.knocks;
    },
    close() {
      meets.close();
      if (failures.length > 0) throw new AggregateError(failures, "PeerNet failed in a room");
    },
  };
};

/** Receipts told to a peer since the last look, as `fate` or `refused CODE`. */
export const fates = (frames: readonly Told[], of: number): readonly string[] =>
  frames
    .filter((frame) => frame.type === "receipt" && frame.of === of)
    .map(({ fate, code }) => (code === undefined ? String(fate) : `${fate} ${code}`));

/** Signals among frames, as what they say. */
export const bodies = (frames: readonly Told[]): readonly Told[] =>
  frames.filter(({ type }) => type === "signal").map(({ signal }) => ({ ...(signal as Told) }));

/** A native peer offers, with candidates that have ended: nothing is waited for. */
export const offerTo = (peer: NativePeer, to: string, call: string): number => {
  const of = peer.ask({
    type: "signal",
    to,
    receipt: "delivered",
    signal: { kind: "offer", call, sdp },
  });
  peer.ask({ type: "signal", to, signal: { kind: "candidate", call, candidate } });
  peer.ask({ type: "signal", to, signal: { kind: "end-of-candidates", call } });
  return of;
};
