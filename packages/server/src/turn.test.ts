// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRealm } from "@signalbox/core";
import { iceIssuer } from "./turn.ts";

const grant = { realm: defaultRealm };
const parts = { wallNow: () => 1_700_000_000_000, freshName: () => "peer" };

test("TURN credentials are an expiry with a name, and its HMAC-SHA1 under the shared secret", () => {
  const issuer = iceIssuer(
    { servers: [], turn: { urls: ["turn:turn.example"], secret: "north", ttlSeconds: 86_400 } },
    parts,
  );
  assert.deepEqual(issuer.issue(grant), {
    servers: [
      {
        urls: ["turn:turn.example"],
        username: "1700086400:peer",
        // printf %s 1700086400:peer | openssl dgst -sha1 -hmac north -binary | base64
        credential: "dPL2Q4aHTLS2YhlfC8VcTdHH1Xo=",
      },
    ],
    ttlMs: 86_400_000,
  });
});

test("servers without TURN secrets are handed out as they are, and do not expire", () => {
  const servers = [{ urls: ["turn:fixed.example"], username: "u", credential: "p" }];
  assert.deepEqual(iceIssuer({ servers }, parts).issue(grant), { servers });
});
