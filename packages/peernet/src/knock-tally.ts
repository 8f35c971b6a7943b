// SPDX-License-Identifier: MIT
import { isRefusal, type Millis, type Refusal, refusal } from "@signalbox/core";
import { getKnock, isOver, type KnockRecord, knockName, type RegistryGround } from "@signalbox/core/registry";

/** A place for one knock, among those that wait from one address. */
export interface KnockSeat {
  /** It was made, and waits. */
  taken(knock: KnockRecord): void;
  /** It was not made, or is known to be over. */
  free(): void;
}

export interface KnockTally {
  /** Refuses where as many knocks from there wait as may. Without an address nothing is counted. */
  seat(address: string | undefined): Promise<KnockSeat | Refusal>;
}

/** How soon the knocks of an address that had no place left are looked at again. Milliseconds. */
const lookAgainMs = 100;
/** How often what has surely expired is forgotten. Milliseconds. */
const forgetEveryMs = 10_000;

interface Seats {
  /** Knocks that wait, as far as is known. */
  readonly waiting: Map<string, KnockRecord>;
  /** Knocks that are being made. */
  making: number;
  /** They are being looked up: whoever needs a place waits for that. */
  looking: Promise<void> | undefined;
  /** When all of them were found to wait. */
  fullAt: Millis | undefined;
}

const newSeats = (): Seats => ({ waiting: new Map(), making: 0, looking: undefined, fullAt: undefined });

const nothing: KnockSeat = { taken() {}, free() {} };

/**
 * Counts, on this node and in memory only, the knocks that wait from each address. What became of them elsewhere is
 * looked up when a place is needed.
 */
export const knockTally = (ground: RegistryGround): KnockTally => {
  const { knocksPerAddress: max } = ground.limits;
  const addresses = new Map<string, Seats>();
  let forgetAt = ground.clock.now() + forgetEveryMs;

  const tidy = (address: string, seats: Seats): void => {
    if (seats.waiting.size + seats.making === 0 && addresses.get(address) === seats)
      addresses.delete(address);
  };
  const forgetExpired = (): void => {
    if (ground.clock.now() < forgetAt) return;
    forgetAt = ground.clock.now() + forgetEveryMs;
    const now = ground.wallNow();
    for (const [address, seats] of addresses) {
      for (const [name, knock] of seats.waiting) if (knock.expiresAt <= now) seats.waiting.delete(name);
      tidy(address, seats);
    }
  };
  const lookUp = async ({ waiting }: Seats): Promise<void> => {
    for (const [name, knock] of [...waiting]) {
      const current = await getKnock(ground, knock, { digest: knock.knockerHash }, 0, 0);
      if (isRefusal(current) || isOver(current)) waiting.delete(name);
    }
  };

  return {
    async seat(address) {
      if (address === undefined) return nothing;
      forgetExpired();
      const seats = addresses.get(address) ?? newSeats();
      addresses.set(address, seats);
      const isFull = () => seats.waiting.size + seats.making >= max;
      const now = ground.clock.now();
      if (isFull() && (seats.fullAt === undefined || now - seats.fullAt >= lookAgainMs)) {
        seats.looking ??= lookUp(seats).finally(() => {
          seats.looking = undefined;
          seats.fullAt = isFull() ? now : undefined;
        });
      }
      if (isFull()) await seats.looking;
      if (isFull()) return refusal("too-many-knocks", `At most ${max} wait from one address.`, 1_000);
      seats.making += 1;
      // It may have been forgotten while it was empty.
      addresses.set(address, seats);
      let making = true;
      let name: string | undefined;
      const made = (): void => {
        if (making) seats.making -= 1;
        making = false;
      };
      return {
        taken(knock) {
          made();
          name = knockName(knock);
          seats.waiting.set(name, knock);
        },
        free() {
          made();
          if (name !== undefined) seats.waiting.delete(name);
          tidy(address, seats);
        },
      };
    },
  };
};
