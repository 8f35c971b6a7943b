// SPDX-License-Identifier: MIT
import { defaultRealm, type NodeId } from "../ids.ts";
import type { Observation } from "../observation.ts";
import type { Bus, Chance, Directory, Guard, IceIssuer } from "../ports.ts";
import type { HubParts } from "../state.ts";
import { type HandClock, handClock } from "./hand-clock.ts";

/** Ids that count up, so that a failure reads the same each time it is run. */
export const countedChance = (prefix = "id"): Chance => {
  let count = 0;
  const next = () => {
    count += 1;
    return `${prefix}-${count}`;
  };
  return { id: next, secret: () => `secret-${next()}`, equal: (a, b) => a === b };
};

/** Everyone may do everything. */
export const openDoor: Guard = { admit: async () => ({ realm: defaultRealm }), allows: () => undefined };

export const noIceServers: IceIssuer = { issue: () => ({ servers: [] }) };

export interface TestParts extends HubParts {
  readonly clock: HandClock;
  readonly observed: Observation[];
}

/** The parts of a hub for a test: a hand-turned clock, counted ids, an open door. A bug the hub reports fails loudly. */
export const testParts = (
  node: string,
  directory: Directory,
  bus: Bus,
  given: Partial<HubParts> & { readonly clock?: HandClock } = {},
): TestParts => {
  const observed: Observation[] = [];
  return {
    node: node as NodeId,
    directory,
    bus,
    chance: countedChance(node),
    guard: openDoor,
    ice: noIceServers,
    observe: (observation) => {
      if (observation.type === "failed") throw observation.error;
      observed.push(observation);
    },
    ...given,
    clock: given.clock ?? handClock(),
    observed,
  };
};

/** Lets everything that is already promised happen. Bounded turns of the microtask queue; no time passes. */
export const settled = async (turns = 50): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
};
