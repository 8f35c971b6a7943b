// SPDX-License-Identifier: MIT
/** A certificate of the machine's own, made at the start and kept in memory: for a LAN where no authority knows it. */
import { randomBytes } from "node:crypto";
import { hostname, networkInterfaces } from "node:os";
import type { Credentials } from "@signalbox/gateway";

/** Browsers refuse certificates that hold longer (825 days on Apple's systems, 398 on most). Days. */
const holdsDays = 397;
const dayMs = 24 * 60 * 60 * 1000;

/** The names and addresses under which this machine may be called. */
export const machineNames = (): { readonly dns: readonly string[]; readonly ip: readonly string[] } => {
  const own = hostname();
  const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map(({ address }) => address),
  );
  return {
    dns: [...new Set(["localhost", own, ...(own.includes(".") ? [] : [`${own}.local`])])],
    ip: [...new Set(["127.0.0.1", "::1", ...addresses.map((address) => address.split("%")[0] ?? address)])],
  };
};

/** Makes a key and a certificate for these names and addresses. `now`: milliseconds since 1970. */
export const selfSigned = async (now: number, names = machineNames()): Promise<Credentials> => {
  // Loaded here, because few servers need it.
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // Positive, and different each time: two certificates of one name with one number are refused by Firefox.
      serialNumber: `01${randomBytes(15).toString("hex")}`,
      name: [{ CN: [(names.dns[1] ?? "localhost").slice(0, 64)] }, { O: ["Signalbox"] }],
      // A clock that runs behind by hours shall not keep a phone out.
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + holdsDays * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: "dns", value }) as const),
          ...names.ip.map((value) => ({ type: "ip", value }) as const),
        ]),
      ],
    },
    crypto,
  );
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return { certificate: `${certificate.toString("pem")}\n`, key: `${key}\n` };
};
