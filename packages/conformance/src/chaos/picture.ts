// SPDX-License-Identifier: MIT
/** How things stand, in words: what each peer believes, and what the directory holds. For whoever looks into a failure. */
import { readFile } from "node:fs/promises";
import type { RedisProcess } from "@signalbox/backplane/testing";
import type { ServerNode } from "./nodes.ts";
import type { ChaosPeer } from "./peer.ts";
import type { Stage } from "./stage.ts";

/** Lines of a node's log that are shown. */
const logLines = 20;

/** State of its process and time it was busy, in ticks: fields 3, 14 and 15 of proc_pid_stat(5). Nothing where there is no such file. */
const busyness = async (pid: number | undefined): Promise<string> => {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return `${fields[0]}, ${fields[11]}+${fields[12]} ticks`;
};

const answered = async ({ url, pid }: ServerNode): Promise<string> => {
  if (url === undefined) return "no process";
  const before = await busyness(pid);
  const says = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ status }) => `says ${status}`,
    () => "does not answer",
  );
  return `${url} ${says}; process ${pid}: ${before}, then ${await busyness(pid)}`;
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

export const picture = async ({ nodes, redis, peers, bystanders, all }: Stage): Promise<string> =>
  [
    ...(await Promise.all(nodes.map(answered))),
    ...nodes.map((node) => node.log().split("\n").slice(-logLines).join("\n")),
    ...(await directory(redis)),
    ...[...peers].flatMap(believed),
    ...[...bystanders].map(
      ({ id, present, list }) => `${id} is ${present ? "in" : "out"}, told ${list.join(", ")}`,
    ),
    "and others:",
    ...all.filter((peer) => !peers.has(peer)).flatMap(believed),
  ].join("\n");
