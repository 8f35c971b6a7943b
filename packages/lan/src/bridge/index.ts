// SPDX-License-Identifier: MIT
export {
  type BridgeProblem,
  type LanBridge,
  type LanBridgeOptions,
  type LanLine,
  lanLinesMax,
  startLanBridge,
} from "./bridge.ts";
export { lanDialect } from "./dialect.ts";
export { parseLanLine } from "./lan-line.ts";
