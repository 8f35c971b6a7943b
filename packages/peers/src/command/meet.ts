// SPDX-License-Identifier: MIT
/** How the commands meet each other: a device that serves until it is told to end, a client that finds one device. */
import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import {
  connect,
  type DeviceConnection,
  find,
  type KnockOptions,
  type PeerConnectionConstructor,
  PeerNetError,
  type ServiceOffer,
  serve,
} from "@signalbox/client/peernet";
import type { NodeWebRtc } from "@signalbox/video";
import { type CommandIo, type Status, status } from "./io.ts";
import type { ClientChoice, DeviceChoice } from "./options.ts";

/** What a command says to whoever started it. */
export interface Speech {
  /** Unless it shall be quiet. */
  readonly tell: (sentence: string) => void;
  readonly complain: (sentence: string) => void;
}

export const speech = (command: string, io: Pick<CommandIo, "stderr">, quiet: boolean): Speech => {
  const complain = (sentence: string) => void io.stderr.write(`signalbox ${command}: ${sentence}\n`);
  return { complain, tell: (sentence) => void (quiet || complain(sentence)) };
};

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The constructor that `@signalbox/client` wants, of a stack that has a function. */
export const connectionClass = ({ makeConnection }: NodeWebRtc): PeerConnectionConstructor =>
  class {
    constructor(configuration?: RTCConfiguration) {
      // biome-ignore lint/correctness/noConstructorReturn: the connection itself, whatever class it is of.
      return makeConnection(configuration);
    }
  };

/** The token in a file that only its owner reads; a fresh one where there is no file yet. */
export const tokenIn = async (file: string): Promise<string> => {
  try {
    const handle = await open(file, "wx", 0o600);
    const token = randomBytes(32).toString("hex");
    await handle.writeFile(`${token}\n`);
    await handle.close();
    return token;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const token = (await readFile(file, "utf8")).trim();
  if (!/^[!-~]{22,512}$/.test(token))
    throw new Error(`${file} holds no token: 22 to 512 printable characters`);
  return token;
};

/** Serves until the signal aborts. The status is for whoever started the command. */
export const serveUntilEnd = async (
  choice: DeviceChoice,
  services: readonly ServiceOffer[],
  {
    webRtc,
    io,
    speech: { tell, complain },
  }: { readonly webRtc: NodeWebRtc; readonly io: CommandIo; readonly speech: Speech },
): Promise<Status> => {
  const { url, secret, id, displayName, room, tokenFile, connectionsMax } = choice;
  try {
    const token = tokenFile === undefined ? choice.token : await tokenIn(tokenFile);
    const serving = await serve({
      url,
      services,
      connectionsMax,
      RTCPeerConnection: connectionClass(webRtc),
      signal: io.signal,
      ...(token === undefined ? {} : { token }),
      ...(secret === undefined ? {} : { secret }),
      ...(id === undefined ? {} : { id }),
      ...(displayName === undefined ? {} : { displayName }),
      ...(room === undefined ? {} : { room }),
      onState(state, error) {
        if (state === "offline") complain(`${reasonOf(error)} Trying again.`);
      },
      onError: (error) => complain(reasonOf(error)),
    });
    tell(`${serving.name} waits at ${url}`);
    const problem = await serving.ended;
    if (problem === undefined) return status.done;
    complain(problem.message);
  } catch (error) {
    if (io.signal.aborted) return status.done;
    complain(reasonOf(error));
  }
  return status.failed;
};

/** The one device that is meant, connected. Rejects with a sentence. */
export const meetDevice = async (
  choice: ClientChoice,
  protocol: string,
  version: string,
  webRtc: NodeWebRtc,
  more: Pick<KnockOptions, "channels" | "prepare" | "attributes" | "signal">,
): Promise<DeviceConnection> => {
  const { url, secret, withinMs } = choice;
  const server = { url, ...(secret === undefined ? {} : { secret }) };
  return connect({
    ...server,
    ...more,
    to: await targetOf(choice, protocol, version, server),
    withinMs,
    RTCPeerConnection: connectionClass(webRtc),
  });
};

const targetOf = async (
  { device, room }: ClientChoice,
  protocol: string,
  version: string,
  server: { readonly url: string; readonly secret?: string },
): Promise<KnockOptions["to"]> => {
  const where = {
    ...(device === undefined ? {} : { server: device }),
    ...(room === undefined ? {} : { room }),
  };
  if (device !== undefined || room !== undefined) return { ...where, protocol, version };
  const found = (await find({ ...server, protocol, version })).flatMap(({ services }) =>
    services.filter((service) => service.protocol === protocol),
  );
  const [only, other] = found;
  if (only === undefined)
    throw new PeerNetError({
      reason: "NOT_FOUND",
      sentence: `No ${protocol} device is listed there.`,
      retry: true,
    });
  if (other === undefined) return only.name;
  const names = found.slice(0, 10).map(({ name }) => name.split("/")[1]);
  throw new PeerNetError({
    reason: "AMBIGUOUS_SELECTOR",
    sentence: `Several are listed there: say --device, one of ${names.join(", ")}.`,
    retry: false,
  });
};
