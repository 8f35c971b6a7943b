// SPDX-License-Identifier: MIT
/** Ids and resource names of the registry (AIP-122). */

/** Rooms, servers and services: lower-case letters, digits and inner hyphens, at most 63 characters, as in a host name. */
const idGrammar = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const isResourceId = (text: string): boolean => idGrammar.test(text);

/**
 * What the ids of live peers begin with: the mapping is the affair of whoever shows them. Hyphens in third and fourth
 * place are a form that host names keep for such ends (RFC 5890, 2.3.1).
 */
export const livePrefix = "at--";

/** Is it the id of a live peer? Nobody can register one. */
export const isLiveId = (id: string): boolean => id.startsWith(livePrefix);

/** A secret that its owner chose: at least 128 bits if it is random, and short enough to be hashed at once. */
export const isOwnerToken = (text: string): boolean =>
  text.length >= 22 && text.length <= 512 && /^[\x21-\x7e]+$/.test(text);
