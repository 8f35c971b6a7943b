// SPDX-License-Identifier: MIT
/** A process that makes load: takes jobs from its parent, one after the other, and ends with it. */
import { answering } from "./child.ts";
import { type HandshakeJob, measureHandshakes } from "./load/handshakes.ts";
import { holdLines, type IdleJob } from "./load/idle.ts";
import { type KnockJob, measureKnocks } from "./load/knocks.ts";
import { measureReceipts, type ReceiptJob } from "./load/receipts.ts";
import { measureRelay, type RelayJob } from "./load/relay.ts";

export type Job =
  | ({ readonly type: "relay" } & RelayJob)
  | ({ readonly type: "handshakes" } & HandshakeJob)
  | ({ readonly type: "receipts" } & ReceiptJob)
  | ({ readonly type: "knocks" } & KnockJob)
  | ({ readonly type: "hold" } & IdleJob)
  | { readonly type: "release" };

let release = () => {};

answering(async (job: Job) => {
  switch (job.type) {
    case "relay":
      return measureRelay(job);
    case "handshakes":
      return measureHandshakes(job);
    case "receipts":
      return measureReceipts(job);
    case "knocks":
      return measureKnocks(job);
    case "hold":
      release = await holdLines(job);
      return undefined;
    case "release":
      release();
      return undefined;
  }
});
