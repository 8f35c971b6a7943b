// SPDX-License-Identifier: MIT
/** The commands of the reference peers, by the word after `signalbox`. */
import { cameraCommand } from "./camera.ts";
import { filesCommand } from "./files.ts";
import type { Command } from "./io.ts";
import { sensorCommand } from "./sensor.ts";

export type { Command, CommandIo, Status } from "./io.ts";

export const peerCommands: { readonly [name: string]: Command } = {
  files: filesCommand,
  camera: cameraCommand,
  sensor: sensorCommand,
};
