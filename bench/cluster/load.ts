// SPDX-License-Identifier: MIT
/** A process that makes a cluster's load: takes jobs from its parent, one after the other, and ends with it. */
import { answering } from "../child.ts";
import { holdLines, type IdleJob } from "../load/idle.ts";
import { follow, hold, type Operation, type OperationJob, prepareOperation } from "../load/operations.ts";
import { measureRelay, type RelayJob } from "../load/relay.ts";
import { measureRoundTrips, type RoundTripJob } from "../load/round-trips.ts";
import { openLines, type SecureLinesJob } from "../load/secure-lines.ts";
import type { Traveller } from "../load/travellers.ts";

export type ClusterJob =
  | ({ readonly type: "relay" } & RelayJob)
  | ({ readonly type: "round trips" } & RoundTripJob)
  | { readonly type: "prepare"; readonly operation: OperationJob }
  | { readonly type: "run" }
  | { readonly type: "finish" }
  | ({ readonly type: "lines" } & IdleJob)
  | ({ readonly type: "secure lines" } & SecureLinesJob)
  | { readonly type: "release" }
  | { readonly type: "hold"; readonly port: number; readonly sessions: number; readonly underWay: number }
  | { readonly type: "follow"; readonly port: number; readonly underWay: number }
  | { readonly type: "end" };

let operation: Operation | undefined;
let release = () => {};
let travellers: readonly Traveller[] = [];

answering(async (job: ClusterJob) => {
  switch (job.type) {
    case "relay":
      return measureRelay(job);
    case "round trips":
      return measureRoundTrips(job);
    case "prepare":
      operation = await prepareOperation(job.operation);
      return undefined;
    case "run": {
      const at = performance.now();
      await operation?.run();
      return (performance.now() - at) / 1000;
    }
    case "finish":
      operation?.finish();
      return undefined;
    case "lines":
      release = await holdLines(job);
      return undefined;
    case "secure lines":
      release = await openLines(job);
      return undefined;
    case "release":
      release();
      return undefined;
    case "hold":
      travellers = await hold(job.port, job.sessions, job.underWay);
      return undefined;
    case "follow":
      return follow(travellers, job.port, job.underWay);
    case "end":
      for (const one of travellers) one.end();
      travellers = [];
      return undefined;
  }
});
