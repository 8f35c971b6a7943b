// SPDX-License-Identifier: MIT
/** A server from its start to the end of the process. */
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import {
  type Configuration,
  describeError,
  greeting,
  type RunningServer,
  StartFailure,
  startServer,
} from "@signalbox/server";
import { prepareIdentity } from "./identity.ts";

type Serving = Extract<Configuration, { readonly kind: "serve" }>;

/**
 * A signal to a whole process group reaches this process twice where its parent passes signals on: what comes this
 * soon after the first is the same one. Milliseconds.
 */
const sameSignalMs = 500;

export const serve = async (command: string, { config, identity, remarks }: Serving): Promise<void> => {
  let server: RunningServer;
  try {
    const becomeIdentity = prepareIdentity(identity, config.data);
    server = await startServer(config);
    becomeIdentity();
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    process.stderr.write(`${command}: ${error.message}\n`);
    process.exit(1);
  }
  for (const remark of remarks) server.log.warn(remark);
  untilTheEnd(server);
  const { stdout } = process;
  stdout.on("error", () => {});
  const terminal = stdout.isTTY === true;
  stdout.write(`${greeting({ server, config, terminal, columns: stdout.columns || 80 }).join("\n")}\n`);
};

const untilTheEnd = (server: RunningServer): void => {
  const { log } = server;
  const crash = (error: unknown): void => {
    log.fatal(describeError(error), "this is a bug, and the end");
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);

  let endingSince: number | undefined;
  const end = (signal: "SIGTERM" | "SIGINT" | "SIGHUP"): void => {
    if (endingSince !== undefined) {
      if (performance.now() - endingSince < sameSignalMs) return;
      log.notice({ signal }, "told a second time: ending at once");
      process.exit(128 + constants.signals[signal]);
    }
    endingSince = performance.now();
    log.notice({ signal }, "draining");
    server.close().then(() => {
      log.notice("ended");
      process.exit(0);
    }, crash);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);

  const startedInTerminal = process.stdout.isTTY === true;
  process.on("SIGHUP", () => {
    // The same signal says that the terminal was closed: whoever started the server is gone.
    if (startedInTerminal && !hasTerminal()) {
      end("SIGHUP");
      return;
    }
    server.renewCertificate().then(
      () => log.notice("the certificate was read again"),
      (error: unknown) => {
        if (!(error instanceof StartFailure)) throw error;
        log.warn({ problem: error.message }, "the certificate stays as it was");
      },
    );
  });
};

const hasTerminal = (): boolean => {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
};
