// SPDX-License-Identifier: MIT
/** Tables in Markdown, and ratios and aims as they stand in them. */
import type { Ratio } from "./statistics.ts";

export interface Aim {
  readonly bound: number;
  readonly kind: "at least" | "at most";
}

export const shown = (given: Ratio | undefined): string =>
  given === undefined
    ? "not measured here"
    : `${given.median.toFixed(2)} (${given.least.toFixed(2)} to ${given.most.toFixed(2)})`;

export const judged = (given: Ratio | undefined, aim: Aim | undefined): string => {
  if (aim === undefined || given === undefined) return "";
  const met = aim.kind === "at least" ? given.median >= aim.bound : given.median <= aim.bound;
  return `${aim.kind} ${aim.bound}: ${met ? "met" : "**short**"}`;
};

export const table = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`### ${title}`, "", line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
