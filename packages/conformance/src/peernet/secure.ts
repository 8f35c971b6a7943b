// SPDX-License-Identifier: MIT
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ServerConfig, selfSigned } from "@signalbox/server";
import { startBox } from "./bench.ts";

/** A server with TLS, and the certificate that its clients trust. */
export const secureBox = async (t: TestContext, config: ServerConfig = {}) => {
  const { certificate, key } = await selfSigned(Date.now(), { dns: ["localhost"], ip: ["127.0.0.1"] });
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "both.pem"), key + certificate);
  const box = await startBox(t, { ...config, tls: { certificate: join(folder, "both.pem") } });
  return { ...box, url: `https://127.0.0.1:${box.port}`, ca: certificate };
};
