// SPDX-License-Identifier: MIT
/** Many nodes on one Redis: what relay, coming and going, memory, leases, losses and drains cost. */
import { type Cost, measureCosts } from "./cluster/costs.ts";
import { type Held, measureHeld } from "./cluster/held.ts";
import {
  type Drained,
  measureDrain,
  measureLeases,
  measureSweeps,
  type Renewed,
  type Swept,
} from "./cluster/losses.ts";
import { type ClusterRelay, measureRelays } from "./cluster/relays.ts";
import { measureSecureLines, type SecureLines } from "./cluster/secure.ts";
import { openSite } from "./cluster/site.ts";
import type { ClusterPlan } from "./plan.ts";

export interface ClusterResults {
  readonly relays: readonly ClusterRelay[];
  readonly costs: readonly Cost[];
  readonly held: readonly Held[];
  readonly secure: readonly SecureLines[];
  readonly leases: readonly Renewed[];
  readonly sweeps: readonly Swept[];
  readonly drain: Drained;
}

export const measureCluster = async (
  plan: ClusterPlan,
  say: (line: string) => void,
): Promise<ClusterResults> => {
  const site = await openSite();
  try {
    const relays = await measureRelays(site, plan, say);
    const costs = await measureCosts(site, plan, say);
    const held = await measureHeld(site, plan, say);
    say("lines with TLS");
    const secure = await measureSecureLines(site, plan);
    say("leases, a killed node, a drained node");
    const leases = await measureLeases(site, plan);
    const sweeps = await measureSweeps(site, plan);
    const drain = await measureDrain(site, plan);
    return { relays, costs, held, secure, leases, sweeps, drain };
  } finally {
    await site.stop();
  }
};
