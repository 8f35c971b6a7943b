// SPDX-License-Identifier: MIT
/** A process with one node in it: `node.ts JSON`, with where its Redis is, or nothing where it is alone, and bounds of its own. */
import type { Limits } from "@signalbox/core";
import { answering } from "../child.ts";
import type { Memory } from "../servers.ts";
import { signalbox } from "../signalbox.ts";

export interface NodeOptions {
  readonly redis?: string;
  /** With a certificate of its own. */
  readonly secure?: boolean;
  readonly limits?: Partial<Limits>;
}

const { redis, secure, limits }: NodeOptions = JSON.parse(process.argv[2] ?? "{}");
const starting = signalbox(
  { ...(redis === undefined ? {} : { redis }), ...(secure === true ? { tls: "self-signed" as const } : {}) },
  limits,
);

/** Once is not enough: what only a finalizer holds goes with the next. */
const collections = 4;

answering(async (question: "port" | "memory" | "drain") => {
  const server = await starting;
  switch (question) {
    case "port":
      return server.port;
    case "drain":
      await server.close();
      return undefined;
    case "memory": {
      const collect = (flavor: "regular" | "last-resort") => {
        for (let turn = 0; turn < collections; turn += 1)
          globalThis.gc?.({ type: "major", flavor, execution: "sync" });
        return process.memoryUsage().rss;
      };
      const rss = collect("regular");
      return { rss, settledRss: collect("last-resort") } satisfies Memory;
    }
  }
});
