#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The command `flitter_webrtc`: the server under the name, and with the options, that Flitter's own has.
import { handOver } from "./hand-over.mjs";

await handOver("flitter_webrtc", ["flitter_webrtc", ...process.argv.slice(2)]);
