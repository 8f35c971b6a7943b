// SPDX-License-Identifier: MIT
/** How things stand, in words: what each peer believes, and what the directory holds. For whoever looks into a failure. */
import type { RedisProcess } from "@signalbox/backplane/testing";
import type { ServerNode } from "./nodes.ts";
import type { ChaosPeer } from "./peer.ts";
import type { Stage } from "./stage.ts";

/** Lines of a node's log that are shown. */
const logLines = 20;

const answered = async (node: ServerNode): Promise<string> => {
  if (node.url === undefined) return "no process";
  try {
    const response = await fetch(`${node.url}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return `${node.url} says ${response.status}`;
  } catch {
    return `${node.url} does not answer`;
  }
};

const directory = async (redis: RedisProcess): Promise<readonly string[]> => {
  try {
    const lines = [await redis.command("zrange", "signalbox:{nodes}", "0", "-1", "withscores")];
    for (const key of (await redis.command("keys", "signalbox:*:m")).split("\n").filter(Boolean))
      lines.push(await redis.command("get", key.replace(/m$/, "v")), await redis.command("hgetall", key));
    return lines;
  } catch (error) {
    return [`the directory cannot be read: ${String(error)}`];
  }
};

const believed = ({ id, session, present, history }: ChaosPeer): readonly string[] => [
  `${id} ${session ?? "without a session"} is ${present ? "in" : "out"} and knows ${[...history.known].map(([of, name]) => `${name} ${of}`).join(", ")}`,
  ...history.journal.map((line) => `    ${line}`),
];

export const picture = async ({ nodes, redis, peers, all }: Stage): Promise<string> =>
  [
    ...(await Promise.all(nodes.map(answered))),
    ...nodes.map((node) => node.log().split("\n").slice(-logLines).join("\n")),
    ...(await directory(redis)),
    ...[...peers].flatMap(believed),
    "and others:",
    ...all.filter((peer) => !peers.has(peer)).flatMap(believed),
  ].join("\n");
