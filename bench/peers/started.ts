// SPDX-License-Identifier: MIT
import { once } from "node:events";
import type { Server } from "node:http";

/** A server under measurement. */
export interface Started {
  readonly port: number;
}

/** Listens on a free port of the loopback. */
export const started = async (server: Server): Promise<Started> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");
  return { port: address.port };
};
