// SPDX-License-Identifier: MIT
/** A LAN command as a process of its own, so that it can run in a network namespace. */
import { lanCommand } from "../command/lan.ts";

const abort = new AbortController();
process.on("SIGTERM", () => abort.abort());
const { stdin, stdout, stderr, env, argv } = process;
const status = await lanCommand(argv.slice(2), {
  stdin,
  stdout,
  stderr,
  environment: env,
  signal: abort.signal,
});
process.exit(status);
