// SPDX-License-Identifier: MIT
/**
 * Live peers as servers: `at--ROOM--PEER`. What has the grammar of a resource id stands as it is; anything else as `0x-` and
 * its UTF-8 in base32 (RFC 4648, section 7, lower case, unpadded). Both ways are exact: one peer has one name.
 */
import { isResourceId, livePrefix } from "@signalbox/core/registry";

const digits = "0123456789abcdefghijklmnopqrstuv";
const mark = "0x-";
const between = "--";

const encoded = (text: string): string => {
  let out = "";
  let held = 0;
  let bits = 0;
  for (const byte of Buffer.from(text)) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) out += digits[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + digits[(held << (5 - bits)) & 31];
};

const decoded = (text: string): string => {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text) {
    held = (held << 5) | digits.indexOf(digit);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes).toString();
};

/** A name as it can stand in a resource id, which may still be too long for one. */
const partOf = (name: string): string =>
  isResourceId(name) && !name.startsWith(mark) && !name.includes(between) ? name : mark + encoded(name);

/** The name, where it is one that `partOf` writes. */
const nameOf = (part: string): string | undefined => {
  const name = part.startsWith(mark) ? decoded(part.slice(mark.length)) : part;
  return name !== "" && partOf(name) === part ? name : undefined;
};

/** Undefined where the two names together are too long for a resource id. */
export const liveId = (room: string, peer: string): string | undefined => {
  const id = `${livePrefix}${partOf(room)}${between}${partOf(peer)}`;
  return isResourceId(id) ? id : undefined;
};

export const livePeerOf = (id: string): { readonly room: string; readonly peer: string } | undefined => {
  if (!id.startsWith(livePrefix) || !isResourceId(id)) return undefined;
  const [roomPart = "", peerPart = "", ...more] = id.slice(livePrefix.length).split(between);
  const [room, peer] = [nameOf(roomPart), nameOf(peerPart)];
  return room === undefined || peer === undefined || more.length > 0 ? undefined : { room, peer };
};

/** The name that a service's id stands for; of an id that no service of a live peer has, the id itself. */
export const serviceNameOf = (id: string): string => nameOf(id) ?? id;

/** The id of a service with this name. Undefined where it is too long for one. */
export const serviceIdOf = (name: string): string | undefined => {
  const id = partOf(name);
  return isResourceId(id) ? id : undefined;
};
