// SPDX-License-Identifier: MIT
/** The PeerJS server from npm, as its documentation starts it; only its bound on connections is raised. */
import { PeerServer } from "peer";
import type { Started } from "./started.ts";

export const peerjs = (): Promise<Started> =>
  new Promise((resolve, reject) => {
    const peers = PeerServer({ host: "127.0.0.1", port: 0, concurrent_limit: 1_000_000 }, (server) => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("not a TCP server"));
      else resolve({ port: address.port });
    });
    // Without a listener the process would end with a connection's first error.
    peers.on("error", () => {});
  });
