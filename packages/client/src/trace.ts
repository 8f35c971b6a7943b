// SPDX-License-Identifier: MIT
/** What happened to a call, and when: the material of `why()`. Holds no addresses and no SDP. */
import { typeOf } from "./candidates.ts";
import type { Clock } from "./clock.ts";
import { defined } from "./defined.ts";

export type StageName =
  | "line-open"
  | "joined"
  | "offer-sent"
  | "offer-received"
  | "receipt"
  | "delivered"
  | "accepted"
  | "answer-sent"
  | "answer-received"
  | "merged"
  | "gathered"
  | "remote-gathered"
  | "checking"
  | "ice-connected"
  | "dtls-connected"
  | "channel-open"
  | "first-media"
  | "interrupted"
  | "ice-restart"
  | "line-away"
  | "line-back"
  | "ended";

export interface Stage {
  readonly name: StageName;
  /** Milliseconds since the call was begun; negative for what stood before. */
  readonly ms: number;
  readonly detail?: string;
}

/** How many candidates of each type: `host`, `srflx`, `prflx`, `relay`. */
export type CandidateCounts = { readonly [type: string]: number };

/** Restarts and line losses of a long call, at most; the first stages are kept. */
const stagesMax = 64;

export interface Trace {
  readonly stages: readonly Stage[];
  readonly local: CandidateCounts;
  readonly remote: CandidateCounts;
  /** Candidates the stack would not take. */
  readonly unusable: number;
  /** Notes a stage, once; with `again` as often as it happens. */
  mark(name: StageName, detail?: string, again?: boolean): void;
  /** Notes a stage that stood before the call, at a time of the clock. */
  stood(name: StageName, at: number): void;
  counts(side: "local" | "remote", candidate: string): void;
  countsUnusable(): void;
}

export const createTrace = (clock: Clock): Trace => {
  const begun = clock.now();
  const stages: Stage[] = [];
  const counted: Record<"local" | "remote", Record<string, number>> = { local: {}, remote: {} };
  /** A candidate may come twice: inside the description and trickled. */
  const known = new Set<string>();
  let unusable = 0;
  const note = (name: StageName, at: number, detail?: string) => {
    // What a closed connection still says is no part of the attempt.
    if (stages.length < stagesMax && stages.at(-1)?.name !== "ended")
      stages.push(defined({ name, ms: at - begun, detail }));
  };
  return {
    stages,
    local: counted.local,
    remote: counted.remote,
    get unusable() {
      return unusable;
    },
    mark(name, detail, again = false) {
      if (again || !stages.some((stage) => stage.name === name)) note(name, clock.now(), detail);
    },
    stood: note,
    counts(side, candidate) {
      // Foundation, component, transport, priority, address and port name it (RFC 8839, section 5.1).
      const key = side + candidate.replace("a=", "").split(" ", 6).join(" ");
      if (known.has(key)) return;
      known.add(key);
      const type = typeOf(candidate);
      counted[side][type] = (counted[side][type] ?? 0) + 1;
    },
    countsUnusable() {
      unusable += 1;
    },
  };
};
