#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The command `signalbox`. Plain JavaScript that an older Node can read: it only finds a Node new enough for the rest.
import { handOver } from "./hand-over.mjs";

await handOver("signalbox", process.argv.slice(2));
