// SPDX-License-Identifier: MIT
export { type LanCounts, lanReasons } from "../exchange.ts";
export {
  type BridgeProblem,
  type LanBridge,
  type LanBridgeOptions,
  type LanLine,
  lanLinesMax,
  lanLinesProblem,
  startLanBridge,
} from "./bridge.ts";
export { lanDialect } from "./dialect.ts";
export { parseLanLine } from "./lan-line.ts";
