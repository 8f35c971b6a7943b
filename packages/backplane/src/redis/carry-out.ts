// SPDX-License-Identifier: MIT
/** What becomes of one command for a key of a Redis Cluster: which master it is sent to, and what its answers mean. */
import type { Millis } from "@signalbox/core";
import { cannotNow, connectionWords, isReply } from "./connection.ts";
import type { Lanes, Verdict } from "./lanes.ts";
import type { Master } from "./master.ts";
import type { Address } from "./place.ts";
import { redirectionOf, slotOf } from "./slot-map.ts";

export interface CarrierParts {
  readonly lanes: Lanes;
  readonly pause: (ms: Millis) => Promise<void>;
  /** Who has a slot, as far as is known; undefined where nobody can be asked now. */
  readonly owner: (slot: number) => Master | undefined;
  /** The server at this address, connected. */
  readonly masterAt: (address: Address) => Promise<Master>;
  /** Looks anew who has which slot: the server at this address says that it has one. */
  readonly refresh: (hint: Address) => Promise<void>;
  /** Something is wrong with the cluster. */
  readonly mend: (why: string) => void;
}

export interface CarriedCommand<Result> {
  readonly key: string;
  /** It is not given up while its slot is being moved. */
  readonly patient: boolean;
  /** `whole`: the server may have forgotten the script. */
  readonly ask: (master: Master, whole: boolean) => Promise<Result>;
  /** Asks a server that a slot is on its way to, where all the command touches is there already. */
  readonly askThere?: (master: Master) => Promise<Result>;
}

/** The first pause of a command whose slot is being moved; each further one is twice as long, up to the longest. Milliseconds. */
const pauseMs = 20;
const pauseMaxMs = 200;
/** How often a command is sent before it is given up: about two seconds of pauses. One that is patient is not. */
const triesMax = 14;

/** A master that answers so has lost its cluster, or its data. */
const hasNoCluster = /^(CLUSTERDOWN|LOADING|MASTERDOWN|READONLY|NOAUTH)\b/;

export type CarryOut = <Result>(command: CarriedCommand<Result>) => Promise<Result | undefined>;

/** Settles with the answer; undefined: it was not carried out, or nobody knows. */
export const carrier =
  ({ lanes, pause, owner, masterAt, refresh, mend }: CarrierParts): CarryOut =>
  <Result>({ key, patient, ask, askThere }: CarriedCommand<Result>) =>
    new Promise<Result | undefined>((resolve, reject) => {
      const slot = slotOf(key);
      let tries = 0;
      let whole = false;
      const over = (result?: Result): Verdict => {
        resolve(result);
        return "over";
      };
      const later = (): Verdict => {
        tries += 1;
        if (tries >= triesMax && !patient) return over();
        return () => pause(Math.min(pauseMs * 2 ** Math.min(tries, 8), pauseMaxMs));
      };
      const refusedWith = async (error: unknown, master: Master): Promise<Verdict> => {
        if (!isReply(error)) {
          master.fail(connectionWords(error));
          // Also where that one was not wanted any more: nobody knows what became of this.
          mend(connectionWords(error));
          return over();
        }
        const { message } = error;
        const elsewhere = redirectionOf(message, master.address);
        if (elsewhere?.kind === "moved") {
          // The first time there is nothing to wait for.
          const pausing = tries === 0 ? async () => {} : later();
          tries = Math.max(tries, 1);
          if (pausing === "over") return "over";
          return async () => {
            await pausing();
            await refresh(elsewhere.to);
          };
        }
        if (elsewhere?.kind === "ask" && askThere !== undefined) {
          let there = master;
          try {
            there = await masterAt(elsewhere.to);
            return over(await askThere(there));
          } catch (again) {
            const notYet =
              there === master || (isReply(again) && /^(MOVED|ASK|TRYAGAIN)\b/.test(again.message));
            return notYet ? later() : refusedWith(again, there);
          }
        }
        if (elsewhere !== undefined || message.startsWith("TRYAGAIN")) return later();
        if (message.startsWith("NOSCRIPT")) {
          // Somebody flushed the scripts.
          whole = true;
          return async () => {};
        }
        if (hasNoCluster.test(message)) mend(message);
        if (!cannotNow.test(message)) reject(error);
        return over();
      };
      lanes.send({
        slot,
        giveUp: () => over(),
        send: async () => {
          const master = owner(slot);
          if (master === undefined) return over();
          let result: Result;
          try {
            result = await ask(master, whole);
          } catch (error) {
            return refusedWith(error, master);
          }
          return over(result);
        },
      });
    });
