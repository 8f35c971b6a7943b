// SPDX-License-Identifier: MIT
/**
 * What is said on the discovery port, byte by byte.
 *
 * An announcement: `SBXL`, version 1, type 1, two zero bytes; the time in milliseconds since 1970 (u64, big endian); the public
 * key (32 bytes); the signature (64 bytes) over a fixed text, all that stands before it, and all that follows; then JSON.
 * A query: `SBXL`, version 1, type 2, zeros up to the size of the largest announcement, so that asking costs as much as answering.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Identity } from "./identity.ts";

/** What a peer offers, as in the native protocol. */
export interface AnnouncedService {
  readonly name: string;
  readonly protocol: string;
  readonly version?: string;
  readonly attributes?: { readonly [key: string]: string };
}

/** What is said of oneself. Everybody on the network can read it. */
export interface Presence {
  readonly kind: "peer" | "server";
  /** A name for people, up to 64 characters. */
  readonly name: string;
  readonly services: readonly AnnouncedService[];
  /** Address of a server, as in `http://192.0.2.1:8080`. A `*` as its host stands for the address the announcement comes from. */
  readonly url?: string;
  /** How a peer is called by broadcast. Who says an id that only few should know has told it to all. */
  readonly call?: { readonly id: string; readonly port: number };
}

export interface Announcement extends Presence {
  /** Milliseconds since 1970. Of two announcements of one key only the later one counts. */
  readonly time: number;
  /** Seconds it may be believed; 0 says goodbye. */
  readonly ttlS: number;
  /** IPv4 addresses it may come from: a copy sent from elsewhere is not believed. */
  readonly addresses: readonly string[];
}

/** An announcement whose signature was checked. `key`: the public key, base64url. */
export interface Verified extends Announcement {
  readonly key: string;
}

/** Largest datagram. Bytes. Fits every network without being taken apart. */
export const announcementBytesMax = 1_200;
/** How far the sender's clock may be off, in either direction. Milliseconds. */
export const clockSkewMs = 90_000;
/** Longest time an announcement may ask to be believed. Seconds. */
export const ttlMaxS = 120;

const magic = Buffer.from("SBXL\u0001", "latin1");
const announces = 1;
const asks = 2;
const timeAt = 8;
const keyAt = 16;
const signatureAt = 48;
const bodyAt = 112;
const context = Buffer.from("signalbox lan announcement 1\0", "latin1");

export const namesMax = {
  name: 64,
  services: 16,
  attributes: 8,
  text: 64,
  url: 256,
  addresses: 16,
  id: 256,
} as const;

/** Why a datagram was not taken. */
export type Ignored =
  /** Not of this protocol, or of another version of it. */
  | "foreign"
  | "too-large"
  /** Its time is too far from ours. */
  | "untimely"
  /** Not later than what is known of the same key: a repetition, or a replay. */
  | "repeated"
  /** Too much came to check it, or too soon after the last one of the same key. */
  | "too-often"
  | "forged"
  /** Signed, but not what this protocol allows. */
  | "malformed"
  /** It comes from an address it does not name. */
  | "elsewhere"
  /** As many are known as are kept. */
  | "full";

const signedBytes = (packet: Uint8Array): Buffer =>
  Buffer.concat([context, packet.subarray(0, signatureAt), packet.subarray(bodyAt)]);

/** Throws where it is not allowed or does not fit: who says too much of itself is told at the start. */
export const sealAnnouncement = (announcement: Announcement, identity: Identity): Buffer => {
  const { time, ...said } = announcement;
  const checked = parseSaid(said);
  if (typeof checked === "string") {
    throw new TypeError(`the ${checked} of an announcement is too long, or holds what may not be said`);
  }
  const body = Buffer.from(JSON.stringify(said), "utf8");
  const head = Buffer.alloc(bodyAt);
  magic.copy(head);
  head.writeUInt8(announces, magic.length);
  head.writeBigUInt64BE(BigInt(time), timeAt);
  identity.publicKey.copy(head, keyAt);
  const packet = Buffer.concat([head, body]);
  if (packet.length > announcementBytesMax) {
    throw new RangeError(
      `an announcement may have ${announcementBytesMax} bytes, and this one has ${packet.length}`,
    );
  }
  identity.sign(signedBytes(packet)).copy(packet, signatureAt);
  return packet;
};

export const query: Buffer = Buffer.concat([magic, Buffer.from([asks])], announcementBytesMax);

export type Glanced =
  | { readonly type: "query" }
  /** Not checked yet: what it says of itself may be anybody's word. */
  | { readonly type: "announcement"; readonly key: string; readonly time: number }
  | { readonly type: "ignored"; readonly why: Ignored };

/** What can be seen for next to nothing. */
export const glance = (packet: Buffer, now: number): Glanced => {
  if (packet.length > announcementBytesMax) return { type: "ignored", why: "too-large" };
  if (!packet.subarray(0, magic.length).equals(magic)) return { type: "ignored", why: "foreign" };
  const type = packet[magic.length];
  if (type === asks && packet.length === announcementBytesMax) return { type: "query" };
  if (type !== announces || packet.length <= bodyAt) return { type: "ignored", why: "foreign" };
  const time = Number(packet.readBigUInt64BE(timeAt));
  if (Math.abs(time - now) > clockSkewMs) return { type: "ignored", why: "untimely" };
  return { type: "announcement", key: packet.toString("base64url", keyAt, signatureAt), time };
};

/** Raw public key to something to check with. Reused for who is known. */
export const keyObject = (key: string): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" });

/** Checks signature and content. Never throws. */
export const openAnnouncement = (
  packet: Buffer,
  key: string,
  checkWith: KeyObject,
): Verified | "forged" | "malformed" => {
  if (!verify(null, signedBytes(packet), checkWith, packet.subarray(signatureAt, bodyAt))) return "forged";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(packet.subarray(bodyAt)));
  } catch {
    return "malformed";
  }
  const said = parseSaid(value);
  return typeof said === "string"
    ? "malformed"
    : { ...said, key, time: Number(packet.readBigUInt64BE(timeAt)) };
};

/** No control characters, separators or lone surrogates: it is shown on terminals. */
const printable = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+$/u;

const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length <= max && printable.test(value);

/** May one announce oneself under that name? */
export const isAnnounceable = (name: unknown): name is string => isText(name, namesMax.name);

const isIPv4 = (value: unknown): value is string =>
  typeof value === "string" && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(value);

const isWholeUpTo = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && typeof value === "number" && value >= 0 && value <= max;

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parseService = (value: unknown): AnnouncedService | undefined => {
  if (!isRecord(value)) return undefined;
  const { name, protocol, version, attributes = {} } = value;
  if (!isText(name, namesMax.text) || !isText(protocol, namesMax.text)) return undefined;
  if (version !== undefined && !isText(version, namesMax.text)) return undefined;
  if (!isRecord(attributes)) return undefined;
  const pairs = Object.entries(attributes);
  if (pairs.length > namesMax.attributes) return undefined;
  const texts: Record<string, string> = {};
  for (const [key, text] of pairs) {
    if (!isText(key, namesMax.text) || key === "__proto__" || !isText(text, namesMax.url)) return undefined;
    texts[key] = text;
  }
  return {
    name,
    protocol,
    ...(version === undefined ? {} : { version }),
    ...(pairs.length === 0 ? {} : { attributes: texts }),
  };
};

const isUrl = (value: unknown): value is string =>
  isText(value, namesMax.url) && /^https?:\/\/(?:\*(?::\d{1,5})?|[^\s/*@?#]+)(?:\/[^\s*?#]*)?$/.test(value);

const parseCall = (value: unknown): Presence["call"] => {
  if (!isRecord(value)) return undefined;
  const { id, port } = value;
  return isText(id, namesMax.id) && isWholeUpTo(port, 65_535) ? { id, port } : undefined;
};

/** What is said, or the name of the first part that may not be said so. */
const parseSaid = (value: unknown): Omit<Announcement, "time"> | string => {
  if (!isRecord(value)) return "body";
  const { kind, name, ttlS, addresses, services, url, call } = value;
  if (kind !== "peer" && kind !== "server") return "kind";
  if (!isText(name, namesMax.name)) return "name";
  if (!isWholeUpTo(ttlS, ttlMaxS)) return "ttlS";
  if (!Array.isArray(addresses) || addresses.length > namesMax.addresses || !addresses.every(isIPv4))
    return "addresses";
  if (!Array.isArray(services) || services.length > namesMax.services) return "services";
  const parsed = services.map(parseService);
  if (!parsed.every((service) => service !== undefined)) return "services";
  if (url !== undefined && !isUrl(url)) return "url";
  const parsedCall = parseCall(call);
  if (call !== undefined && parsedCall === undefined) return "call";
  return {
    kind,
    name,
    ttlS,
    addresses,
    services: parsed,
    ...(url === undefined ? {} : { url }),
    ...(parsedCall === undefined ? {} : { call: parsedCall }),
  };
};
