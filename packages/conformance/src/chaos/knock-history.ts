// SPDX-License-Identifier: MIT
/** What is promised of knocks, held against what the knockers were told and what the devices were told of their answers. */

/** One knock, as who knocked knows it. */
export interface Knocking {
  /** In its offer, and to be in its answer. */
  readonly number: number;
  /** Undefined: nobody said that it was taken. */
  readonly name: string | undefined;
  /** How it ended: its last state, or `forgotten` where it is not there any more. */
  readonly fate: string | undefined;
  readonly answer: number | undefined;
}

/**
 * What cannot be, in sentences. `taken`: knocks whose device was told that its answer stands. `forgetful`: Redis lost its data
 * meanwhile, and with it knocks.
 */
export const knockViolations = (
  history: readonly Knocking[],
  taken: ReadonlySet<string>,
  forgetful: boolean,
): readonly string[] => {
  const found: string[] = [];
  const names = new Map<string, number>();
  for (const { number, name, fate, answer } of history) {
    if (name === undefined) continue;
    const same = names.get(name);
    if (same !== undefined) found.push(`${same} and ${number} are one knock, ${name}`);
    names.set(name, number);
    if (fate === "forgotten" && !forgetful) found.push(`${name} was taken, and is not there any more`);
    if (fate === "STATE_ANSWERED" && answer !== number)
      found.push(`${name} of ${number} has the answer to ${answer}`);
    if (taken.has(name) && fate !== undefined && fate !== "STATE_ANSWERED" && fate !== "forgotten")
      found.push(`${name} was answered, and who knocked was told ${fate}`);
  }
  return found;
};
