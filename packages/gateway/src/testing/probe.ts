// SPDX-License-Identifier: MIT
/** A dialect and a hub that only show what the gateway does: frames come back, refusals are spelled `no CODE`. */
import type { Closing, Dialect, Frame, Handshake, Limits, Line, LinePort, Refusal } from "@signalbox/core";
import { refusals, textFrame, withLimits } from "@signalbox/core";

export interface ProbeOptions {
  readonly name?: string;
  readonly path?: string;
  readonly subprotocol?: string;
  readonly origins?: readonly string[];
  readonly refusesHandshakes?: "http" | "after-accept";
  readonly limits?: Partial<Limits>;
}

export const probe = (options: ProbeOptions = {}): Dialect => {
  const { name = "probe", path = "/", subprotocol, origins, refusesHandshakes = "http" } = options;
  return {
    name,
    limits: withLimits(options.limits ?? {}),
    resumable: false,
    answers: true,
    refusesHandshakes,
    ...(subprotocol === undefined ? {} : { subprotocol }),
    ...(origins === undefined ? {} : { origins }),
    accepts: (handshake) =>
      handshake.path === path && (subprotocol === undefined || handshake.protocols.includes(subprotocol)),
    open: () => ({
      opening: [],
      decode: () => ({ commands: [] }),
      encode: () => [],
      refuse: (no): Closing => ({
        frames: [textFrame(`no ${no.code}`)],
        code: refusals[no.code].close,
        reason: no.code,
      }),
    }),
  };
};

export interface ProbeLine extends Line {
  readonly port: LinePort;
  readonly dialect: Dialect;
  readonly handshake: Handshake;
  readonly received: Frame[];
  readonly refused: Refusal[];
  settled: boolean;
  /** Settles when the line has been told that its transport is gone. */
  readonly gone: Promise<void>;
}

export interface ProbeHub {
  readonly lines: ProbeLine[];
  open(port: LinePort, dialect: Dialect, handshake: Handshake): Line;
}

export const probeHub = (): ProbeHub => {
  const lines: ProbeLine[] = [];
  return {
    lines,
    open(port, dialect, handshake) {
      const codec = dialect.open(handshake, () => "minted");
      const gone = Promise.withResolvers<void>();
      const line: ProbeLine = {
        port,
        dialect,
        handshake,
        received: [],
        refused: [],
        settled: false,
        gone: gone.promise,
        receive(frame) {
          line.settled = true;
          line.received.push(frame);
          port.write([frame]);
        },
        refuse(no) {
          line.refused.push(no);
          port.close(codec.refuse(no));
        },
        closed() {
          gone.resolve();
        },
      };
      lines.push(line);
      return line;
    },
  };
};
