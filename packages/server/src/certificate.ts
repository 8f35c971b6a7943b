// SPDX-License-Identifier: MIT
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Credentials } from "@signalbox/gateway";
import { StartFailure, systemWords } from "./start-failure.ts";

export interface CertificateFiles {
  /** PEM: the certificate, then those that lead to its root. */
  readonly certificate: string;
  /** PEM. Absent: the key stands in the certificate file too. */
  readonly key?: string;
}

const read = async (file: string, what: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new StartFailure(`cannot read the ${what} ${file}: ${systemWords(error)}`);
  }
};

/** Reads a certificate and its key, and sees that they belong together. Fails with a StartFailure. */
export const readCredentials = async (files: CertificateFiles): Promise<Credentials> => {
  const certificate = await read(files.certificate, "certificate");
  const keyFile = files.key ?? files.certificate;
  const key = files.key === undefined ? certificate : await read(files.key, "key");
  const leafText = leafOf(certificate);
  if (leafText === undefined) throw new StartFailure(`there is no PEM certificate in ${files.certificate}`);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    throw new StartFailure(
      `there is no PEM private key in ${keyFile}${files.key === undefined ? "; name its file with --key" : ""}`,
    );
  }
  const leaf = parsed(
    () => new X509Certificate(leafText),
    `the certificate in ${files.certificate} cannot be read`,
  );
  const privateKey = parsed(
    () => createPrivateKey(key),
    `the private key in ${keyFile} cannot be read (is it encrypted?)`,
  );
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new StartFailure(
      `the key in ${keyFile} does not belong to the certificate in ${files.certificate}`,
    );
  }
  parsed(
    () => createSecureContext({ cert: certificate, key }),
    `the certificate in ${files.certificate} cannot be used`,
  );
  return { certificate, key };
};

/** The first certificate of a file, which may begin with the key. */
const leafOf = (pem: string): string | undefined =>
  /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(pem)?.[0];

const parsed = <T>(parse: () => T, sentence: string): T => {
  try {
    return parse();
  } catch {
    throw new StartFailure(sentence);
  }
};

/** When a certificate ends. Milliseconds since 1970. */
export const expiryOf = ({ certificate }: Credentials): number =>
  new X509Certificate(leafOf(certificate) ?? certificate).validToDate.getTime();
