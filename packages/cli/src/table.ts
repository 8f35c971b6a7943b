// SPDX-License-Identifier: MIT

export type Row = readonly string[];

/** Rows of text in columns, two spaces apart. `toTheRight`: columns that end in one line, as numbers do. */
export const tableOf = (rows: readonly Row[], toTheRight: readonly number[] = []): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: Row): string =>
    row
      .map((cell, column) =>
        toTheRight.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${lineOf(row)}\n`).join("");
};
