// SPDX-License-Identifier: MIT
import { type Chance, defaultRealm, type Grant, type Guard, refusal } from "@signalbox/core";

const everything: Grant = { realm: defaultRealm };

/** Lets everyone in. */
export const openGuard: Guard = {
  admit: async () => everything,
  allows: () => undefined,
};

/**
 * Lets in who knows the secret. It comes as the credential of the dialect's first frame, as a bearer token, or, for
 * clients that can only be given a URL, as the query parameter `secret` (where proxies may log it).
 */
export const secretGuard = (secret: string, chance: Chance): Guard => ({
  async admit(handshake, credential) {
    const given = credential ?? handshake.bearer ?? handshake.query("secret");
    return given !== undefined && chance.equal(given, secret) ? everything : refusal("unauthorized");
  },
  allows: () => undefined,
});
