// SPDX-License-Identifier: MIT

/** How many letters have to be changed, added, left out or swapped with their neighbour to make one word the other. */
const distance = (from: string, to: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, (before[column - 2] ?? 0) + 1);
      }
      next.push(best);
    }
    before = last;
    last = next;
  }
  return last[to.length] ?? 0;
};

/** What was probably meant: `; did you mean X?`, or nothing where no name is near. */
export const suggestion = (
  word: string,
  names: readonly string[],
  show: (name: string) => string = (name) => name,
): string => {
  const near = names
    .map((name) => ({ name, away: distance(word.toLowerCase().slice(0, 64), name.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.away - b.away)[0];
  return near === undefined ? "" : `; did you mean ${show(near.name)}?`;
};
