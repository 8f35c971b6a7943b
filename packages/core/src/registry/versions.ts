// SPDX-License-Identifier: MIT
/** Versions of services: MAJOR[.MINOR[.PATCH]]. */

const grammar = /^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){0,2}$/;

/** Empty is a version too: none was stated. */
export const isVersion = (text: string): boolean => text === "" || grammar.test(text);

/** Does an offered version satisfy a wanted one? "2" takes 2.x.y; "2.1" takes 2.1.x; empty takes any. */
export const satisfies = (offered: string, wanted: string): boolean =>
  wanted === "" || offered === wanted || offered.startsWith(`${wanted}.`);
