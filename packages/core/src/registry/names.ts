// SPDX-License-Identifier: MIT
/** Ids and resource names of the registry (AIP-122). */

/** Rooms, servers and services: lower-case letters, digits and inner hyphens, at most 63 characters, as in a host name. */
const idGrammar = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const isResourceId = (text: string): boolean => idGrammar.test(text);

/** A secret that its owner chose: at least 128 bits if it is random, and short enough to be hashed at once. */
export const isOwnerToken = (text: string): boolean =>
  text.length >= 22 && text.length <= 512 && /^[\x21-\x7e]+$/.test(text);
