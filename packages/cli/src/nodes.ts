// SPDX-License-Identifier: MIT
/** `signalbox nodes`: who holds which lease on a Redis, and how each of them is. */
import { parseArgs } from "node:util";
import {
  isProblem,
  mountKeys,
  type NodeLease,
  type Problem,
  readConfiguration,
  readNodes,
  StartFailure,
} from "@signalbox/server";
import { type Row, tableOf } from "./table.ts";

export const nodesHelp = `Usage: signalbox nodes [options]

Shows the servers that work together through a Redis: who holds which lease, and what each says of itself.

  --redis URL     as for \`signalbox serve\` (or SIGNALBOX_REDIS, or redis in the config file)
  --config FILE   a config file, YAML or JSON (or SIGNALBOX_CONFIG)
  --json          one JSON object on each line

Nothing is changed. A node speaks with each renewal, four times in its lease; states are:
  open            newcomers are taken in
  returning       it was away, and claims again what it holds
  draining        it was told to end: sessions wait to be taken by other nodes
  lost            its lease is over: another node takes out what it held
  ended           it ended by itself, and others take out what it left behind

The status is 0; 1 where that Redis cannot be used; 2 for a command line that makes no sense.
`;

export interface NodesRequest {
  readonly redis: string;
  readonly json: boolean;
}

type Environment = { readonly [name: string]: string | undefined };

/** What is asked, from the same places as a server reads them. */
export const readNodesRequest = async (
  args: readonly string[],
  environment: Environment,
): Promise<NodesRequest | "help" | Problem> => {
  const options = {
    redis: { type: "string" },
    config: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  let asked: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    asked = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    return { problem: sentence };
  }
  if (asked.help) return "help";
  const { SIGNALBOX_REDIS, SIGNALBOX_CONFIG } = environment;
  const found = await readConfiguration({
    args: (["redis", "config"] as const).flatMap((name) => {
      const value = asked[name];
      return value === undefined ? [] : [`--${name}=${value}`];
    }),
    // Whatever else stands there is for a server.
    environment: { SIGNALBOX_REDIS, SIGNALBOX_CONFIG },
    mountKeys,
    onlyFlitter: false,
  });
  if (isProblem(found)) return found;
  const redis = found.kind === "serve" ? found.config.redis : undefined;
  return redis === undefined
    ? { problem: "say which Redis: --redis, SIGNALBOX_REDIS, or redis in the config file" }
    : { redis, json: asked.json ?? false };
};

export type NodeState = "open" | "returning" | "draining" | "lost" | "ended" | "unknown";

export const stateOf = ({ leftMs, status }: NodeLease): NodeState => {
  if (leftMs === undefined) return "ended";
  if (leftMs <= 0) return "lost";
  if (status === undefined) return "unknown";
  if (status.draining) return "draining";
  return status.open ? "open" : "returning";
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const leaseOf = ({ leftMs }: NodeLease): string => {
  if (leftMs === undefined) return "ended";
  return leftMs > 0 ? `${seconds(leftMs)} left` : `over ${seconds(-leftMs)}`;
};

const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;

const heading: Row = [
  "NODE",
  "HOST",
  "STATE",
  "LEASE",
  "ROOMS",
  "MEMBERS",
  "SESSIONS",
  "BUS",
  "VERSION",
  "STARTED",
  "EPOCH",
];
/** Numbers stand at the right. */
const toTheRight = [4, 5, 6, 7];

const rowOf = (lease: NodeLease): Row => {
  const { status, roomsToSweep } = lease;
  const said =
    status === undefined
      ? ["-", "-", "-", "-", "-"]
      : [
          `${status.members}`,
          `${status.sessions}`,
          `${status.busMs} ms`,
          status.version,
          moment(status.startedAt),
        ];
  const host = status === undefined ? "-" : `${status.host} (${status.pid})`;
  const rooms = roomsToSweep === undefined ? `${status?.rooms ?? "-"}` : `${roomsToSweep} to sweep`;
  return [lease.node, host, stateOf(lease), leaseOf(lease), rooms, ...said, lease.epoch];
};

/** The longest running first, so that rows stay where they are. */
export const inOrder = (leases: readonly NodeLease[]): readonly NodeLease[] =>
  [...leases].sort(
    (a, b) =>
      (a.status?.startedAt ?? Number.MAX_SAFE_INTEGER) - (b.status?.startedAt ?? Number.MAX_SAFE_INTEGER) ||
      a.node.localeCompare(b.node),
  );

/** For people. */
export const nodesTable = (leases: readonly NodeLease[]): string =>
  tableOf([heading, ...inOrder(leases).map(rowOf)], toTheRight);

/** For programs. */
export const nodeJson = (lease: NodeLease): string => {
  const { node, epoch, leftMs, roomsToSweep, status } = lease;
  const { startedAt, ...said } = status ?? {};
  return `${JSON.stringify({
    node,
    epoch,
    state: stateOf(lease),
    leaseLeftMs: leftMs,
    roomsToSweep,
    ...said,
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
  })}\n`;
};

/** Looks and shows; gives the status for whoever asked. */
export const showNodes = async (
  { redis, json }: NodesRequest,
  say: (text: string) => void,
  remark: (sentence: string) => void,
): Promise<0 | 1> => {
  try {
    const { leases, total } = await readNodes(redis);
    if (json) for (const lease of inOrder(leases)) say(nodeJson(lease));
    else if (leases.length > 0) say(nodesTable(leases));
    else remark("no server has a lease there");
    if (total > leases.length) remark(`${total - leases.length} more are not shown`);
    return 0;
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    remark(error.message);
    return 1;
  }
};
