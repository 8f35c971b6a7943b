// SPDX-License-Identifier: MIT
/** Pages of which the bench writes a part: what stands between two marks. */
import { readFileSync, writeFileSync } from "node:fs";

/** `which`: where a page has several such parts. */
const marks = (which: string) => ({
  begin: `<!-- begin: ${which}written by \`npm run bench\` -->`,
  end: `<!-- end: ${which}written by \`npm run bench\` -->`,
});

const placeIn = (page: string, which: string): readonly [number, number] => {
  const { begin, end } = marks(which);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`there is no place for what stands between ${begin} and its end`);
  return [from + begin.length, to];
};

export const writtenPart = (file: URL, which: string): string => {
  const page = readFileSync(file, "utf8");
  return page.slice(...placeIn(page, which)).trim();
};

export const writePart = (file: URL, which: string, text: string): void => {
  const page = readFileSync(file, "utf8");
  const [from, to] = placeIn(page, which);
  writeFileSync(file, `${page.slice(0, from)}\n\n${text.trim()}\n\n${page.slice(to)}`);
};

export const resultsPage = new URL("./results.md", import.meta.url);
export const scalePage = new URL("../docs/scale.md", import.meta.url);
export const scalePicture = new URL("../docs/scale.svg", import.meta.url);
/** Numbers of the cluster's part, to go on with. */
export const costsFile = new URL("./costs.json", import.meta.url);

/** Which part of results.md: everything else stands in one that has no name. */
export const clusterPart = "cluster, ";
