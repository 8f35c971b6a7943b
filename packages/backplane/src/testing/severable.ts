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
  /** Only connections on which somebody subscribed to a channel say nothing any more. */
  freezeListeners(): void;
  /** Carries again; what a frozen connection held back is lost with it. */
  mend(): void;
  /** Carries connections that come from now on; those that were frozen stay so. */
  carryNew(): void;
  /** Connections that were taken so far. */
  readonly taken: number;
  close(): Promise<void>;
}

interface Pair {
  readonly ends: readonly [Socket, Socket];
  listens: boolean;
  frozen: boolean;
}

export const severable = async (to: number): Promise<Severable> => {
  const pairs = new Set<Pair>();
  let taken = 0;
  let state: "carries" | "cut" | "frozen" = "carries";
  const server = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const far = connect(to, "127.0.0.1");
    taken += 1;
    const pair: Pair = { ends: [near, far], listens: false, frozen: state === "frozen" };
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
        if (one === near && /\bsubscribe\b/i.test(bytes.toString("latin1"))) pair.listens = true;
        if (!pair.frozen) other.write(bytes);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const breakAll = (): void => {
    for (const pair of [...pairs]) for (const socket of pair.ends) socket.destroy();
  };
  const freeze = (which: (pair: Pair) => boolean): void => {
    for (const pair of pairs) if (which(pair)) pair.frozen = true;
  };
  return {
    port: address.port,
    cut() {
      state = "cut";
      breakAll();
    },
    freeze() {
      state = "frozen";
      freeze(() => true);
    },
    freezeListeners: () => freeze(({ listens }) => listens),
    mend() {
      // What was swallowed cannot be made good: those connections are over.
      for (const { ends, frozen } of [...pairs]) if (frozen) for (const socket of ends) socket.destroy();
      state = "carries";
    },
    carryNew() {
      state = "carries";
    },
    get taken() {
      return taken;
    },
    async close() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
};
