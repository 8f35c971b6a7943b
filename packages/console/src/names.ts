// SPDX-License-Identifier: MIT
/** Room and peer names as people type them. */

/** Longest name the page offers to type. The server takes 256; a list has to stay readable. Characters. */
export const nameLengthMax = 64;

/** The room of a person who never named one. */
export const firstRoom = "lobby";

// The grammar of the protocol: no control characters.
const control = /[\u0000-\u001f\u007f-\u009f]/gu;

export const tidy = (typed: string): string => typed.replace(control, "").trim().slice(0, nameLengthMax);

/** The next name to try when one is taken: "Ann", "Ann-2", "Ann-3" … */
export const alternative = (name: string, attempt: number): string =>
  `${name.slice(0, nameLengthMax - 4)}-${attempt + 1}`;
