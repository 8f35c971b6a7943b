// SPDX-License-Identifier: MIT
/** Rows of a Markdown table as its cells, by the name in the first one: documentation that is held against the code. */
export const tableRows = (markdown: string, heading: string): ReadonlyMap<string, readonly string[]> => {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
  const [, ...body] = rows;
  return new Map(
    body.filter(([first = ""]) => !/^-*$/.test(first)).map(([first = "", ...rest]) => [first, rest]),
  );
};
