// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { type NodeId, type NotedSession, refusal, type SessionBook } from "@signalbox/core";
import type { Keys } from "./keys.ts";
import type { Lease } from "./lease.ts";
import type { Link } from "./link.ts";
import { forgetSessionScript, noteScript, takeScript, whereIsScript } from "./session-scripts.ts";

/** How long a session that no node has can be resumed. Milliseconds. 60 s: longer than any usual grace time. */
export const orphanedMs = 60_000;

export interface SessionBookParts {
  readonly node: NodeId;
  readonly keys: Keys;
  readonly link: Link;
  readonly lease: Lease;
  readonly failed: (error: unknown) => void;
}

const digest = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** Sessions in Redis. A script compares digests of tokens, which tells nothing of a token by the time it takes. */
export const redisSessionBook = ({ node, keys, link, lease, failed }: SessionBookParts): SessionBook => ({
  note(session, token, incarnation, noted) {
    link
      .evaluate(noteScript, keys.session(session), [digest(token), incarnation, node, JSON.stringify(noted)])
      .catch(failed);
  },
  forget(session) {
    link.evaluate(forgetSessionScript, keys.session(session), [node]).catch(failed);
  },
  async take(session, token, incarnation) {
    const away = refusal("cluster-away", undefined, 1_000);
    if (!lease.open) return away;
    const reply = await link.evaluate(takeScript, keys.session(session), [
      digest(token),
      incarnation,
      node,
      orphanedMs,
    ]);
    if (!Array.isArray(reply)) return away;
    const [status, before, text] = reply;
    if (status === "stale") return refusal("stale-incarnation");
    if (status !== "taken") return undefined;
    // Written by `note`.
    const noted: NotedSession = JSON.parse(String(text));
    return { ...noted, node: String(before) as NodeId };
  },
  async whereIs(session) {
    const reply = await link.evaluate(whereIsScript, keys.session(session), []);
    return typeof reply === "string" ? (reply as NodeId) : undefined;
  },
});
