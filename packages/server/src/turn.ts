// SPDX-License-Identifier: MIT
import { createHmac } from "node:crypto";
import type { IceIssuer, IceServer } from "@signalbox/core";

export interface IceConfig {
  /** Handed out as they are: STUN servers, and TURN servers with credentials that do not change. */
  readonly servers: readonly IceServer[];
  /** TURN servers that share a secret with this one, so that each session gets credentials of its own. */
  readonly turn?: TurnConfig;
}

export interface TurnConfig {
  readonly urls: readonly string[];
  /** What coturn calls `static-auth-secret`. */
  readonly secret: string;
  /** How long credentials hold. Seconds. */
  readonly ttlSeconds: number;
}

export interface IceIssuerParts {
  /** Milliseconds since 1970: TURN servers check the expiry against their own calendar. */
  readonly wallNow: () => number;
  /** A fresh name for each credential: TURN servers count allocations by it. */
  readonly freshName: () => string;
}

/**
 * Hands out ICE servers. TURN credentials are those of the TURN REST API (draft-uberti-behave-turn-rest-00): the user
 * name is `<expiry in Unix seconds>:<name>`, the password its HMAC-SHA1 under the shared secret, in base64.
 */
export const iceIssuer = (config: IceConfig, parts: IceIssuerParts): IceIssuer => {
  const { servers, turn } = config;
  if (turn === undefined) return { issue: () => ({ servers }) };
  return {
    issue() {
      const username = `${Math.floor(parts.wallNow() / 1000) + turn.ttlSeconds}:${parts.freshName()}`;
      const credential = createHmac("sha1", turn.secret).update(username).digest("base64");
      return {
        servers: [...servers, { urls: turn.urls, username, credential }],
        ttlMs: turn.ttlSeconds * 1000,
      };
    },
  };
};
