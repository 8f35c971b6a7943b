// SPDX-License-Identifier: MIT
/** A server `cam` with two services, and who knocks at it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createKnock, createServer, type RegistryLimits, takeKnocks } from "@signalbox/core/registry";
import type { StoreUnderTest } from "../backplane/store-suite.ts";
import { granted, type TestGround, testGround } from "./ground.ts";

export const sdp =
  "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=ice-ufrag:abcd\r\n";
export const offer = { type: "offer", sdp };
export const answer = { type: "answer", sdp: `${sdp}a=setup:active\r\n` };
export const accepting = { answer, candidates: [], complete: true };
export const camera = { by: "name", server: "cam", service: "camera" } as const;
export const all = { server: "cam", service: "-" };
export const none = new AbortController().signal;

export const knockGround = (make: () => Promise<StoreUnderTest>) => {
  const clause = (
    name: string,
    run: (ground: TestGround) => Promise<void>,
    limits: Partial<RegistryLimits> = {},
  ) =>
    test(name, async () => {
      const { store, stop } = await make();
      try {
        const ground = testGround(store, limits);
        const services = [{ protocol: "camera", version: "1" }, { protocol: "sensor" }];
        granted(
          await createServer(
            ground,
            { id: "cam", room: "hall", services, ttlMs: 600_000 },
            {},
            ground.digest("owner"),
          ),
        );
        await run(ground);
        assert.equal(ground.clock.pending, 0, "a timer was left behind");
      } finally {
        await stop();
      }
    });
  const knock = (ground: TestGround, token = "ann", ttlMs = 30_000) =>
    createKnock(ground, camera, { offer, ttlMs }, ground.digest(token));
  const take = (ground: TestGround, cursor = "", waitMs = 0) =>
    takeKnocks(ground, all, ground.asker("owner"), cursor, 50, waitMs, none);
  return { clause, knock, take };
};
