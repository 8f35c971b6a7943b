// SPDX-License-Identifier: MIT
/**
 * The order of commands while a slot moves. A server that answers "not here" or "not now" did not carry a command out, so it is
 * sent again; but others for the same slot may be under way behind it. They all wait in the slot's lane until nothing is under way any
 * more, and go on from there in their order.
 */
import { slotCount } from "./slot-map.ts";

export interface Command {
  readonly slot: number;
  /** Sends it to where it belongs now. Settles when it is answered. */
  readonly send: () => Promise<Verdict>;
  /** It will not be carried out, or nobody knows. */
  readonly giveUp: () => void;
}

/** What became of a command: it is over, or it is to be sent again after this. */
export type Verdict = "over" | (() => Promise<void>);

interface Lane {
  readonly held: Command[];
  readonly waiting: Command[];
  before: () => Promise<void>;
}

export interface Lanes {
  send(command: Command): void;
  /** Nothing is under way, and no lane waits. */
  readonly idle: boolean;
  /** Gives up what waits; what is under way comes to its end, and is not sent again. */
  clear(): void;
}

/** `settled`: called when nothing is under way any more. */
export const createLanes = (settled: () => void, failed: (error: unknown) => void): Lanes => {
  const underway = new Uint32Array(slotCount);
  const lanes = new Map<number, Lane>();
  let total = 0;
  /** How often all was given up. */
  let clearings = 0;

  const transmit = (command: Command): void => {
    const { slot } = command;
    const sentAt = clearings;
    underway[slot] = (underway[slot] ?? 0) + 1;
    total += 1;
    command
      .send()
      .then(
        (verdict) => {
          if (verdict === "over") return;
          if (sentAt !== clearings) return command.giveUp();
          const lane = lanes.get(slot);
          if (lane === undefined) lanes.set(slot, { held: [command], waiting: [], before: verdict });
          else {
            lane.held.push(command);
            lane.before = verdict;
          }
        },
        (error: unknown) => {
          command.giveUp();
          failed(error);
        },
      )
      .then(() => {
        total -= 1;
        underway[slot] = (underway[slot] ?? 1) - 1;
        const lane = lanes.get(slot);
        if (lane !== undefined && underway[slot] === 0) resume(slot, lane).catch(failed);
        if (total === 0) settled();
      });
  };
  const resume = async (slot: number, lane: Lane): Promise<void> => {
    await lane.before();
    // It was cleared meanwhile.
    if (lanes.get(slot) !== lane) return;
    lanes.delete(slot);
    for (const command of [...lane.held, ...lane.waiting]) transmit(command);
  };

  return {
    send(command) {
      const lane = lanes.get(command.slot);
      if (lane === undefined) transmit(command);
      else lane.waiting.push(command);
    },
    get idle() {
      return total === 0;
    },
    clear() {
      clearings += 1;
      const given = [...lanes.values()];
      lanes.clear();
      for (const { held, waiting } of given) for (const command of [...held, ...waiting]) command.giveUp();
    },
  };
};
