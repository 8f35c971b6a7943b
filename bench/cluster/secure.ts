// SPDX-License-Identifier: MIT
/** What TLS adds to a line: time for its handshake, and memory while it is idle. */
import type { ClusterPlan } from "../plan.ts";
import type { Memory } from "../servers.ts";
import { restful, type Site, spentOn } from "./site.ts";

export interface SecureLines {
  readonly secure: boolean;
  readonly round: number;
  /** For each line. */
  readonly nodeMicros: number;
  readonly nodeBytes: number;
}

/** Opened and closed before anything is looked at. */
const warmUpLines = 400;

export const measureSecureLines = async (site: Site, plan: ClusterPlan): Promise<readonly SecureLines[]> => {
  const found: SecureLines[] = [];
  const { secureLines: lines, underWay } = plan;
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const secure of [false, true]) {
      const node = await site.node(undefined, { secure });
      const open = (count: number) =>
        site.load({ type: "secure lines", port: node.port, secure, lines: count, underWay });
      const rss = async () => {
        await restful([node.child.pid]);
        return ((await node.child.ask("memory")) as Memory).settledRss;
      };
      await open(Math.min(warmUpLines, lines));
      await site.load({ type: "release" });
      const before = await rss();
      const spent = await spentOn(site, [node], () => open(lines));
      const now = await rss();
      await site.load({ type: "release" });
      await node.child.stop();
      found.push({
        secure,
        round,
        nodeMicros: (spent.nodeSeconds * 1e6) / lines,
        nodeBytes: (now - before) / lines,
      });
    }
  }
  return found;
};
