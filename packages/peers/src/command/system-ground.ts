// SPDX-License-Identifier: MIT
/** The time of this machine. */
export const systemGround = {
  now: (): number => Date.now(),
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
export type SystemGround = typeof systemGround;
