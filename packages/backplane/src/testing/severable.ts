// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy on a loopback port that can be cut. */
export interface Severable {
  readonly port: number;
  /** Ends every connection, and refuses new ones. */
  cut(): void;
  /** Connections stay and say nothing: neither side hears that anything is wrong. New ones are taken and say nothing either. */
  freeze(): void;
  /** Carries again; what a frozen connection held back is lost with it. */
  mend(): void;
  close(): Promise<void>;
}

export const severable = async (to: number): Promise<Severable> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "carries" | "cut" | "frozen" = "carries";
  const server = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const far = connect(to, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
      one.on("data", (bytes) => {
        if (state === "carries") other.write(bytes);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const breakAll = (): void => {
    for (const pair of [...pairs]) for (const socket of pair) socket.destroy();
  };
  return {
    port: address.port,
    cut() {
      state = "cut";
      breakAll();
    },
    freeze() {
      state = "frozen";
    },
    mend() {
      // What was swallowed cannot be made good: those connections are over.
      if (state === "frozen") breakAll();
      state = "carries";
    },
    async close() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
};
