// SPDX-License-Identifier: MIT
import type { LanLine } from "./bridge.ts";

/** Reads `ID` or `ID:SECRET`, as they stand on a command line. Undefined where there is no id. */
export const parseLanLine = (text: string): LanLine | undefined => {
  const colon = text.indexOf(":");
  const id = colon < 0 ? text : text.slice(0, colon);
  const secret = colon < 0 ? "" : text.slice(colon + 1);
  if (id === "") return undefined;
  return { id, ...(secret === "" ? {} : { secret }) };
};
