// SPDX-License-Identifier: MIT
/** Structured logs, one JSON object a line. Up to `info` nothing of what peers say, of their names, rooms or addresses. */
import type { Observation } from "@signalbox/core";
import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "./config/configuration.ts";

export type Log = Logger<"notice">;

/** Between `warn` (40) and `info` (30): starts, ends, and what an operator asked for. */
const noticeLevel = 35;

export const createLog = (level: LogLevel, destination: DestinationStream): Log =>
  pino(
    {
      level,
      customLevels: { notice: noticeLevel },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );

/** Standard error, written at once: a line that explains an end must not be lost with it. */
export const standardError = (): DestinationStream => {
  const destination = pino.destination({ dest: 2, sync: true });
  // Nobody reads any more: there is no place left to complain.
  destination.on("error", () => {});
  return destination;
};

/**
 * What is said of a bug: its name, sentence and places. A SyntaxError quotes the text it stumbled over, which may be a
 * peer's: its sentence is left out.
 */
export const describeError = (error: unknown): { readonly [field: string]: string } => {
  if (!(error instanceof Error)) return { error: typeof error };
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...(error instanceof SyntaxError ? {} : { message: error.message }),
    at: places
      .slice(0, 8)
      .map((line) => line.trim())
      .join("; "),
  };
};

/** Nodes that were said to be out of reach. A process that is started anew is another node. */
const nodesRemembered = 1_000;

export const logObservations = (log: Log) => {
  const tracing = log.isLevelEnabled("trace");
  const unreachable = new Set<string>();
  return (seen: Observation): void => {
    switch (seen.type) {
      case "sessionOpened":
        log.info({ session: seen.session, dialect: seen.dialect }, "session opened");
        return;
      case "sessionClosed":
        log.info(
          { session: seen.session, dialect: seen.dialect, heldMs: seen.heldMs, reason: seen.reason },
          "session closed",
        );
        return;
      case "sessionResumed":
        log.debug(
          { session: seen.session, dialect: seen.dialect, gap: seen.gap, awayMs: seen.awayMs },
          "session resumed",
        );
        return;
      case "lineOpened":
        log.debug({ connection: seen.connection, dialect: seen.dialect }, "line opened");
        return;
      case "lineClosed":
        log.debug({ connection: seen.connection, dialect: seen.dialect, heldMs: seen.heldMs }, "line closed");
        return;
      case "joined":
        log.debug(
          { session: seen.session, dialect: seen.dialect, room: seen.room, peer: seen.peer },
          "joined",
        );
        return;
      case "left":
        log.debug(
          {
            session: seen.session,
            dialect: seen.dialect,
            room: seen.room,
            peer: seen.peer,
            reason: seen.reason,
          },
          "left",
        );
        return;
      case "refused":
        log.debug({ dialect: seen.dialect, code: seen.code }, "refused");
        return;
      case "signalRelayed":
        if (tracing) log.trace({ from: seen.from, to: seen.to, fate: seen.fate }, "signal relayed");
        return;
      case "messageRelayed":
        if (tracing) log.trace({ fate: seen.fate }, "message relayed");
        return;
      case "rosterRefetched":
        log.debug("a roster was fetched again");
        return;
      case "nodeUnreachable":
        // Once for each: the metrics count them all.
        if (unreachable.has(seen.node)) return;
        if (unreachable.size >= nodesRemembered) unreachable.clear();
        unreachable.add(seen.node);
        log.warn({ node: seen.node }, "a node cannot be reached");
        return;
      case "failed":
        log.error({ what: seen.what, ...describeError(seen.error) }, "this is a bug");
        return;
    }
  };
};
