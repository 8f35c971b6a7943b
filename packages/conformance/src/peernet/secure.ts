// SPDX-License-Identifier: MIT
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ServerConfig, selfSigned } from "@signalbox/server";
import type { StartBox } from "./bench.ts";
import type { Place } from "./wires.ts";

/** A server with TLS, and the certificate that its clients trust. */
export const secureBox = async (startBox: StartBox, t: TestContext, config: ServerConfig = {}) => {
  const { certificate, key } = await selfSigned(Date.now(), { dns: ["localhost"], ip: ["127.0.0.1"] });
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "both.pem"), key + certificate);
  const box = await startBox(t, { ...config, tls: { certificate: join(folder, "both.pem") } });
  const secure = ({ port }: Pick<Place, "port">): Place => ({
    url: `https://127.0.0.1:${port}`,
    port,
    ca: certificate,
  });
  return {
    drain: box.drain,
    // Where there are several, each look finds the next one.
    get url() {
      return secure(box).url;
    },
    get port() {
      return box.port;
    },
    ca: certificate,
    ...(box.nodes === undefined ? {} : { nodes: box.nodes.map(secure) }),
  };
};
