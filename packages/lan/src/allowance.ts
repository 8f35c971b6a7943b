// SPDX-License-Identifier: MIT
/** So many at once, and then so many a second. What is refused costs nothing, so a flood never stops what is in the rate. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Allowance {
  readonly left: number;
  /** When `left` was right. Milliseconds. */
  readonly at: number;
}

export const fullAllowance = (rate: Rate, now: number): Allowance => ({ left: rate.burst, at: now });

/** What is left after taking one; undefined where there is none. */
export const spend = (allowance: Allowance, rate: Rate, now: number): Allowance | undefined => {
  const grown = allowance.left + (Math.max(0, now - allowance.at) * rate.perSecond) / 1_000;
  const left = Math.min(rate.burst, grown) - 1;
  return left < 0 ? undefined : { left, at: now };
};

/** The same for who keeps no state of its own. */
export const turnstile = (rate: Rate, now: number): { pass(now: number): boolean } => {
  let allowance = fullAllowance(rate, now);
  return {
    pass(at) {
      const next = spend(allowance, rate, at);
      allowance = next ?? allowance;
      return next !== undefined;
    },
  };
};
