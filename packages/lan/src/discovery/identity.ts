// SPDX-License-Identifier: MIT
/** Who announces: an Ed25519 key (RFC 8032). It proves that two announcements are of the same one, not who that is. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface Identity {
  /** The raw public key, 32 bytes. */
  readonly publicKey: Buffer;
  sign(bytes: Uint8Array): Buffer;
}

const identityOf = (privateKey: KeyObject): Identity => ({
  publicKey: Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x ?? "", "base64url"),
  sign: (bytes) => sign(null, bytes, privateKey),
});

/** A fresh one, which nobody knows yet. */
export const createIdentity = (): Identity => identityOf(generateKeyPairSync("ed25519").privateKey);

/** The one kept in a file (PEM, readable by its owner only), made where there is none. Rejects where the file holds none. */
export const identityInFile = async (path: string): Promise<Identity> => {
  const fresh = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  await mkdir(dirname(path), { recursive: true });
  try {
    // Whoever comes first makes it: two that start at once end with the same one.
    await writeFile(path, fresh, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const key = createPrivateKey(await readFile(path));
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`${path} holds no Ed25519 key`);
  return identityOf(key);
};
