// SPDX-License-Identifier: MIT
/** Command lines: what is asked, or one sentence why it makes no sense. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { discoveryPort } from "../discovery/network.ts";
import type { LanAttributes } from "../peer.ts";

export interface Misuse {
  readonly problem: string;
}

export interface CallRequest {
  readonly role: "call" | "answer";
  readonly attributes: LanAttributes;
  readonly send: string | undefined;
  readonly receive: string | undefined;
  readonly video: string | undefined;
  readonly videoOut: string | undefined;
  /** Pictures in a second of the video that is written. */
  readonly rate: number;
  readonly loop: boolean;
  readonly keep: boolean;
  /** Give up where no connection stands after so many seconds. */
  readonly within: number | undefined;
  /** End after so many seconds of connection. */
  readonly for: number | undefined;
  readonly quiet: boolean;
  /** Name under which it is announced. */
  readonly announce: string | undefined;
  readonly discoveryPort: number | undefined;
}

export const callOptions = {
  secret: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  broadcast: { type: "string" },
  send: { type: "string" },
  receive: { type: "string" },
  y4m: { type: "string" },
  "y4m-out": { type: "string" },
  rate: { type: "string" },
  loop: { type: "boolean" },
  keep: { type: "boolean" },
  within: { type: "string" },
  for: { type: "string" },
  announce: { type: "string" },
  "discovery-port": { type: "string" },
  quiet: { type: "boolean", short: "q" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsOptionsConfig;

const answerOnly = `  --announce NAME     show this id to everybody on the network, in \`signalbox lan list\`
  --discovery-port PORT  where it is announced; default: ${discoveryPort}
`;

export const callHelp = (role: "call" | "answer"): string => `Usage: signalbox lan ${role} ID [options]

${
  role === "call"
    ? "Calls whoever answers under ID on the local network, without any server."
    : "Waits on the local network for a call to ID, without any server."
}
Without options what comes on standard input goes to the other side, and what comes from there to standard output.

  --secret TEXT       what both sides must know (or SIGNALBOX_LAN_SECRET); default: flitter_webrtc, which everybody knows
  --port PORT         the UDP port ${role === "call" ? "that is called" : "that is listened on"}; default: 5111
  --host ADDRESS      the address of this machine to use; default: any
  --broadcast ADDRESS where calls are broadcast to; default: 255.255.255.255
  --send FILE         send a file; the end is when the other side has written it
  --receive FILE      write what comes to a file
  --y4m FILE          send this video; what is not Y4M is converted by ffmpeg, where that is installed
  --y4m-out FILE      write the video that comes as Y4M
  --rate NUMBER       pictures in a second of the video that is written; default: 30
  --loop              begin the video again at its end
  --keep              stay when the other side goes, for the next call (video only)
  --within SECONDS    give up where no connection stands by then
  --for SECONDS       end so long after the connection stands
${role === "call" ? "" : answerOnly}  -q, --quiet         say nothing on standard error but problems

The status is 0 when everything came through, 1 when not, 2 for a command line that makes no sense.
`;

const isMisuse = (value: object): value is Misuse => "problem" in value;

/** A number from a command line. */
export const numberIn = (
  name: string,
  text: string | undefined,
  least: number,
  most: number,
  whole: boolean,
): number | undefined | Misuse => {
  if (text === undefined) return undefined;
  const number = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number;
  return {
    problem: `--${name}: must be a ${whole ? "whole " : ""}number from ${least} to ${most}, not ${JSON.stringify(text)}`,
  };
};

/** What `parseArgs` finds wrong, in one line. */
export const parsed = <T>(parse: () => T): T | Misuse => {
  try {
    return parse();
  } catch (error) {
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    return { problem: sentence };
  }
};

const defaultRate = 30;

export const readCall = (
  role: "call" | "answer",
  args: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): CallRequest | "help" | Misuse => {
  const found = parsed(() => parseArgs({ args: [...args], options: callOptions, allowPositionals: true }));
  if (isMisuse(found)) return found;
  const { values, positionals } = found;
  if (values.help) return "help";
  const [id, ...more] = positionals;
  if (id === undefined || id === "") return { problem: `say whose id to ${role}` };
  if (more.length > 0) return { problem: `one id is enough, not also ${JSON.stringify(more[0])}` };
  const port = numberIn("port", values.port, role === "call" ? 1 : 0, 65_535, true);
  const rate = numberIn("rate", values.rate, 1, 240, false);
  const within = numberIn("within", values.within, 0.1, 1_000_000, false);
  const forSeconds = numberIn("for", values.for, 0.1, 1_000_000, false);
  const announcePort = numberIn("discovery-port", values["discovery-port"], 1, 65_535, true);
  for (const number of [port, rate, within, forSeconds, announcePort])
    if (typeof number === "object") return number;
  const secret = values.secret ?? environment.SIGNALBOX_LAN_SECRET;
  const { y4m, loop = false, keep = false } = values;
  const isVideo = y4m !== undefined || values["y4m-out"] !== undefined;
  const isBytes = !isVideo || values.send !== undefined || values.receive !== undefined;
  if (loop && y4m === undefined) return { problem: "--loop: there is no --y4m to begin again" };
  if (role === "call" && (values.announce !== undefined || announcePort !== undefined)) {
    return { problem: "--announce: who calls cannot be called; it is for answer" };
  }
  if (keep && isBytes) return { problem: "--keep: works for calls with video only" };
  return {
    role,
    attributes: {
      [role]: id,
      ...(secret === undefined ? {} : { secret }),
      ...(typeof port === "number" ? { port } : {}),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values.broadcast === undefined ? {} : { broadcast: values.broadcast }),
    },
    send: values.send,
    receive: values.receive,
    video: y4m,
    videoOut: values["y4m-out"],
    rate: typeof rate === "number" ? rate : defaultRate,
    loop,
    keep,
    within: typeof within === "number" ? within : undefined,
    for: typeof forSeconds === "number" ? forSeconds : undefined,
    quiet: values.quiet ?? false,
    announce: values.announce,
    discoveryPort: typeof announcePort === "number" ? announcePort : undefined,
  };
};
