// SPDX-License-Identifier: MIT
/** What file/1 needs of its surroundings, as a page has it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { NewHash, Timer } from "@signalbox/peers/file";

/** The browser's own SHA-256 takes a file only whole. */
export const newHash: NewHash = () => {
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => bytesToHex(hash.digest()),
  };
};

export const timer: Timer = {
  after(ms, run) {
    const timeout = setTimeout(run, ms);
    return () => clearTimeout(timeout);
  },
};
