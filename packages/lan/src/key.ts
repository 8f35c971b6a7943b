// SPDX-License-Identifier: MIT
import { createHash, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** Keys of one connection id under one secret. Both ends derive them; neither ever crosses the wire. */
export interface LanKey {
  /** HMAC-SHA256 key, 16 bytes. */
  readonly sign: Buffer;
  /** AES-128 key, 16 bytes. */
  readonly encrypt: Buffer;
}

/** Secret used where none is given (Flitter's default): it keeps out strangers by accident, not by intent. */
export const defaultSecret = "flitter_webrtc";

/** PBKDF2 rounds, fixed by the protocol. About 0.1 s of one core. */
const iterations = 480_000;

const derive = promisify(pbkdf2);

/**
 * Derives the key of an id: PBKDF2-HMAC-SHA256 over the secret, salted with the first half of SHA-256 of the id,
 * split into the two halves of a Fernet key. Text is taken as it is: no Unicode normalisation.
 */
export const deriveKey = async (id: string, secret: string): Promise<LanKey> => {
  const salt = createHash("sha256").update(id, "utf8").digest().subarray(0, 16);
  const key = await derive(Buffer.from(secret, "utf8"), salt, iterations, 32, "sha256");
  return { sign: key.subarray(0, 16), encrypt: key.subarray(16, 32) };
};

export interface KeyRing {
  key(id: string, secret: string): Promise<LanKey>;
}

/** More than one LAN calls by name. */
export const keysMax = 256;

/**
 * Remembers derived keys, because deriving one costs a tenth of a second.
 * @param max how many are remembered; the one used longest ago is forgotten first.
 */
export const keyRing = (max = keysMax): KeyRing => {
  const known = new Map<string, Promise<LanKey>>();
  return {
    key(id, secret) {
      const name = `${id.length}:${id}${secret}`;
      const found = known.get(name) ?? deriveKey(id, secret);
      known.delete(name);
      known.set(name, found);
      const [oldest] = known.keys();
      if (known.size > max && oldest !== undefined) known.delete(oldest);
      return found;
    },
  };
};
