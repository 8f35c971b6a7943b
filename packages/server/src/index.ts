// SPDX-License-Identifier: MIT
export { mountKeys, type RunningServer, type ServerSurroundings, startServer, version } from "./compose.ts";
export {
  type Configuration,
  type ConfigurationParts,
  type Identity,
  type LogLevel,
  readConfiguration,
  type ServerConfig,
} from "./config/configuration.ts";
export { helpText } from "./config/help.ts";
export { suggestion } from "./config/nearest.ts";
export { isProblem, type Problem } from "./config/readers.ts";
export { greeting } from "./greeting.ts";
export { describeError, type Log } from "./log.ts";
export { type NodeLease, readNodes } from "./nodes.ts";
export { selfSigned } from "./self-signed.ts";
export { StartFailure } from "./start-failure.ts";
