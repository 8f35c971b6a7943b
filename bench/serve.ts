// SPDX-License-Identifier: MIT
/** A process with one server in it: `serve.ts KIND`, or `serve.ts signalbox FOLDER` with its registry there. */
import { answering } from "./child.ts";
import { echo } from "./peers/echo.ts";
import { forward } from "./peers/forward.ts";
import { http } from "./peers/http.ts";
import { parseTo } from "./peers/parse-to.ts";
import { peerjs } from "./peers/peerjs.ts";
import { receipt } from "./peers/receipt.ts";
import type { Started } from "./peers/started.ts";
import type { Memory, ServerKind } from "./servers.ts";
import { signalbox } from "./signalbox.ts";

const folder = process.argv[3];
const starts: { readonly [Kind in ServerKind]: () => Promise<Started> } = {
  forward,
  "parse-to": parseTo,
  receipt,
  echo,
  http,
  peer: peerjs,
  signalbox: () => signalbox(folder === undefined ? {} : { data: folder }),
};

const kind = process.argv[2] as ServerKind;
const starting = starts[kind]();

/** Once is not enough: what only a finalizer holds goes with the next. */
const collections = 4;

const collect = (flavor: "regular" | "last-resort"): number => {
  for (let turn = 0; turn < collections; turn += 1)
    globalThis.gc?.({ type: "major", flavor, execution: "sync" });
  return process.memoryUsage().rss;
};

answering(async (question: "port" | "memory") => {
  const { port } = await starting;
  if (question === "port") return port;
  const rss = collect("regular");
  // V8 keeps room for young objects as large as the busiest moment needed. This gives it back: what is left is held.
  const settledRss = collect("last-resort");
  return { rss, settledRss } satisfies Memory;
});
