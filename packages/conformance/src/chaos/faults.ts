// SPDX-License-Identifier: MIT
/** What can happen to a cluster. Each of it just happens here; what must be true meanwhile is in proofs.ts. */
import { setTimeout as passing } from "node:timers/promises";
import type { ServerNode } from "./nodes.ts";
import type { Stage } from "./stage.ts";

export const faults = [
  "a node is killed",
  "a node stands still beyond its lease",
  "a node is cut off from Redis beyond its lease",
  "a node is cut off from Redis for a moment",
  "a node hears nothing of Redis any more",
  "a node is drained and started anew",
  "Redis is unreachable for a while",
  "Redis is restarted with its data",
  "Redis is restarted without its data",
  "lines break",
] as const;
export type Fault = (typeof faults)[number];

/** Two nodes that are not the same. */
export const twoOf = ({ nodes, draw }: Stage): readonly [ServerNode, ServerNode] => {
  const at = Math.floor(draw() * nodes.length);
  const [one, other] = [nodes[at], nodes[(at + 1 + Math.floor(draw() * (nodes.length - 1))) % nodes.length]];
  if (one === undefined || other === undefined) throw new Error("too few nodes");
  return [one, other];
};

/** As whoever watches over a server does: where Redis is away it does not start, and is started again. */
const startAgain = async (node: ServerNode): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await node.start();
    } catch (error) {
      if (attempt === 20) throw error;
      await passing(200);
    }
  }
};

/** Lets it happen, to this node where it happens to one. Settles when its cause is over, not its consequences. */
export const happen = async (fault: Fault, stage: Stage, node: ServerNode): Promise<void> => {
  const { nodes, redis, peers, bystanders, draw, leaseMs } = stage;
  switch (fault) {
    case "a node is killed":
      await node.kill();
      await passing(leaseMs * 2 * draw());
      return startAgain(node);
    case "a node stands still beyond its lease":
      node.freeze();
      await passing(leaseMs * 2);
      return node.thaw();
    case "a node is cut off from Redis beyond its lease":
      node.proxy.cut();
      await passing(leaseMs * (1 + draw()));
      return node.proxy.mend();
    case "a node is cut off from Redis for a moment":
      node.proxy.cut();
      await passing(leaseMs * draw());
      return node.proxy.mend();
    case "a node hears nothing of Redis any more":
      node.proxy.freeze();
      await passing(leaseMs * 2);
      return node.proxy.mend();
    case "a node is drained and started anew":
      await node.end();
      return startAgain(node);
    case "Redis is unreachable for a while":
      for (const { proxy } of nodes) proxy.cut();
      await passing(leaseMs * 2 * draw());
      for (const { proxy } of nodes) proxy.mend();
      return;
    case "Redis is restarted with its data":
      await redis.shutDown();
      await passing(leaseMs * 2 * draw());
      return redis.restart();
    case "Redis is restarted without its data":
      await redis.kill();
      await redis.forget();
      await passing(leaseMs * draw());
      return redis.restart();
    case "lines break":
      for (const peer of peers) if (draw() < 0.7) peer.drop(draw() < 0.5 ? "now" : "mid-frame");
      for (const one of bystanders) if (draw() < 0.7) one.drop();
  }
};
