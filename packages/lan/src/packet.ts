// SPDX-License-Identifier: MIT
/**
 * One datagram of Flitter's broadcast signaling: a raw Fernet token (github.com/fernet/spec, version 0x80) around
 * zlib-compressed JSON.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import type { LanKey } from "./key.ts";

/** A complete session description in one direction. */
export type LanMessage = { readonly kind: "offer" | "answer"; readonly sdp: string };

/** Receivers read at most this many bytes of a datagram; what is longer arrives broken. */
export const datagramBytesMax = 1_500;
/** Largest packet that arrives whole: the block cipher makes it a multiple of 16 above 57. */
export const packetBytesMax = 1_497;
/** How old a packet may be, in whole seconds. A wider window would only help who replays it. */
export const ageMaxS = 10;
/** How far ahead the sender's clock may be, in whole seconds. */
export const aheadMaxS = 60;

/** Bounds what a few compressed bytes may unfold to. 64 KiB: forty times the largest description that fits a packet. */
export const inflatedBytesMax = 64 * 1024;

const version = 0x80;
const headBytes = 1 + 8 + 16;
const macBytes = 32;

/** Why a datagram was not taken. None of them is an error: foreign packets on a shared port are the normal case. */
export type Dropped =
  | "too-short"
  | "too-large"
  | "version"
  | "stale"
  | "wrong-key"
  | "damaged"
  | "not-understood";

/** Seals a message. `iv` is 16 fresh random bytes, `nowS` the time in whole seconds since 1970. */
export const seal = (message: LanMessage, key: LanKey, nowS: number, iv: Buffer): Buffer => {
  const plain = compressed(message);
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(version, 0);
  head.writeBigUInt64BE(BigInt(nowS), 1);
  iv.copy(head, 9);
  const cipher = createCipheriv("aes-128-cbc", key.encrypt, iv);
  const signed = Buffer.concat([head, cipher.update(plain), cipher.final()]);
  return Buffer.concat([signed, mac(key, signed)]);
};

const mac = (key: LanKey, signed: Buffer): Buffer => createHmac("sha256", key.sign).update(signed).digest();

/** Size of the packet of a message, in bytes. Two builds of zlib may differ by a few. */
export const packetBytes = (message: LanMessage): number => {
  const plainBytes = compressed(message).length;
  return headBytes + 16 * (Math.floor(plainBytes / 16) + 1) + macBytes;
};

const compressed = (message: LanMessage): Buffer =>
  deflateSync(Buffer.from(JSON.stringify({ [message.kind]: message.sdp }), "utf8"), { level: 9 });

/** What can be told of a datagram for next to nothing, whatever the key: undefined where it may be somebody's. */
export const glance = (packet: Buffer, nowS: number): Dropped | undefined => {
  if (packet.length > packetBytesMax) return "too-large";
  const sealedBytes = packet.length - headBytes - macBytes;
  if (sealedBytes < 16 || sealedBytes % 16 !== 0) return "too-short";
  if (packet[0] !== version) return "version";
  const sentS = Number(packet.readBigUInt64BE(1));
  return sentS + ageMaxS < nowS || sentS > nowS + aheadMaxS ? "stale" : undefined;
};

/** Opens a datagram that may be meant for this key, or says why it is dropped. Never throws. */
export const open = (packet: Buffer, key: LanKey, nowS: number): LanMessage | Dropped => {
  const no = glance(packet, nowS);
  if (no !== undefined) return no;
  const signed = packet.subarray(0, packet.length - macBytes);
  if (!timingSafeEqual(mac(key, signed), packet.subarray(packet.length - macBytes))) return "wrong-key";
  return decode(signed, key);
};

const decode = (signed: Buffer, key: LanKey): LanMessage | Dropped => {
  let value: unknown;
  try {
    const decipher = createDecipheriv("aes-128-cbc", key.encrypt, signed.subarray(9, headBytes));
    const plain = Buffer.concat([decipher.update(signed.subarray(headBytes)), decipher.final()]);
    const text = inflateSync(plain, { maxOutputLength: inflatedBytesMax });
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    return "damaged";
  }
  if (typeof value !== "object" || value === null) return "not-understood";
  if ("offer" in value && typeof value.offer === "string") return { kind: "offer", sdp: value.offer };
  if ("answer" in value && typeof value.answer === "string") return { kind: "answer", sdp: value.answer };
  return "not-understood";
};
