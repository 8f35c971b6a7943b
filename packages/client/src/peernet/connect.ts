// SPDX-License-Identifier: MIT
/** A client of a device: one request carries the offer there and the answer back. */

import { backoffMs } from "../backoff.ts";
import type { ChannelInit } from "../call.ts";
import type { PeerConnectionConstructor } from "../connect.ts";
import type { IceServer } from "../wire.ts";
import { failed, PeerNetError } from "./failure.ts";
import { type Ground, groundOf, type PeerNetOptions, pause, seconds } from "./request.ts";
import { candidateSender, knockIn, ownDescription, takeCandidates } from "./trickle.ts";
import { type Attributes, fieldsOf, type Knock, parseIceServers } from "./wire.ts";

/** Says which service is meant by what it must be. Exactly one may match. */
export interface Selector {
  /** Id of the room. A room or a server is needed. */
  readonly room?: string;
  readonly server?: string;
  readonly protocol?: string;
  /** `2` means any 2.x.y. */
  readonly version?: string;
  readonly displayName?: string;
}

export interface KnockOptions extends PeerNetOptions {
  /** The service by its name, `servers/cam-1/services/camera`, or by what it is. */
  readonly to: string | Selector;
  /** Default: the runtime's own. */
  readonly RTCPeerConnection?: PeerConnectionConstructor;
  /**
   * For the connection. Where it names no `iceServers`, and no direct path is found, it is tried once more with those
   * the server hands out.
   */
  readonly configuration?: RTCConfiguration;
  /** Data channels to open, by label or with options. The connection is open when they are. */
  readonly channels?: readonly (string | ChannelInit)[];
  /** Called with the connection before its offer is made: adds tracks, transceivers, listeners. */
  readonly prepare?: (pc: RTCPeerConnection) => void;
  /** For the device only: a credential, a hint. At most 4 KB. */
  readonly attributes?: Attributes;
  /** How long all of it may take. Milliseconds. Default 45 s: a knock waits 30 s, a path that is hard to find 15 s. */
  readonly withinMs?: number;
  /** Ends the attempt: the knock is taken back. */
  readonly signal?: AbortSignal;
}

export interface DeviceConnection {
  readonly pc: RTCPeerConnection;
  /** The channels that were asked for, in that order, open. */
  readonly channels: readonly RTCDataChannel[];
  /** Name of the knock, `servers/{server}/services/{service}/knocks/{knock}`. */
  readonly knock: string;
  close(): void;
}

/** How long a path may take to be found before the server's TURN is tried, where it has one. Milliseconds. */
const directMs = 10_000;

/** Longest wait of one request. Milliseconds. Servers allow 55 s. */
const waitMs = 50_000;

/**
 * Knocks and gives the open connection. Rejects with a `PeerNetError`, whose `reason` is one of `peerNetFailures` or the
 * server's own, or with the signal's reason where that aborts.
 */
export const connect = async (options: KnockOptions): Promise<DeviceConnection> => {
  const ground = groundOf(options);
  const { withinMs = 45_000, configuration } = options;
  const dueAt = ground.clock.now() + withinMs;
  const first = await attempt(options, ground, configuration, dueAt, directMs);
  if ("connection" in first) return first.connection;
  if (configuration?.iceServers !== undefined || first.iceServers.length === 0) throw first.error;
  const iceServers = first.iceServers.map(({ urls, ...rest }) => ({ ...rest, urls: [...urls] }));
  const second = await attempt(options, ground, { ...configuration, iceServers }, dueAt, withinMs);
  if ("connection" in second) return second.connection;
  throw second.error;
};

type Outcome =
  | { readonly connection: DeviceConnection }
  /** Answered, and yet no path: what else could be tried. */
  | { readonly error: PeerNetError; readonly iceServers: readonly IceServer[] };

type Connection = new (configuration?: RTCConfiguration) => RTCPeerConnection;

const attempt = async (
  options: KnockOptions,
  ground: Ground,
  configuration: RTCConfiguration | undefined,
  dueAt: number,
  pathMs: number,
): Promise<Outcome> => {
  const runtime: { readonly RTCPeerConnection?: PeerConnectionConstructor } = globalThis;
  const Constructor = (options.RTCPeerConnection ?? runtime.RTCPeerConnection) as Connection | undefined;
  if (Constructor === undefined) throw failed("no-webrtc");
  options.signal?.throwIfAborted();
  const { clock, ask } = ground;
  const end = new AbortController();
  const { signal } = end;
  const giveUp = () => end.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", giveUp);
  const late = clock.after(Math.max(0, dueAt - clock.now()), () => end.abort(failed("unanswered")));
  const pc = new Constructor(configuration);
  let name: string | undefined;
  try {
    const channels = (options.channels ?? []).map((channel) => {
      const { label, ...init } = typeof channel === "string" ? { label: channel } : channel;
      return pc.createDataChannel(label, init);
    });
    options.prepare?.(pc);
    await pc.setLocalDescription(await pc.createOffer());
    if (!/^m=/m.test(pc.localDescription?.sdp ?? ""))
      throw new TypeError("Name channels, or prepare the connection.");
    const own = await ownDescription(pc, clock, signal);
    const leftMs = () => Math.max(1_000, dueAt - clock.now());
    const told = await ask({
      method: "POST",
      path: typeof options.to === "string" ? `${options.to}/knocks` : "knocks",
      body: {
        ...(typeof options.to === "string" ? {} : { selector: selectorOf(options.to) }),
        knock: {
          offer: own.description,
          offerCandidatesComplete: own.complete,
          attributes: options.attributes ?? {},
          ttl: seconds(leftMs()),
        },
        // What is found later can only follow once the knock has its name.
        wait: seconds(own.complete ? Math.min(waitMs, leftMs()) : 0),
      },
      waitMs: Math.min(waitMs, leftMs()),
      signal,
    });
    let knock = knockIn(told, () => failed("unreadable"));
    name = knock.name;
    own.follow(candidateSender(ground, name, signal));
    for (let misses = 0; knock.state === "pending" || knock.state === "delivered"; ) {
      const wait = Math.min(waitMs, leftMs());
      const query = { wait: seconds(wait), minGeneration: String(knock.generation) };
      try {
        const next = knockIn(await ask({ path: name, query, waitMs: wait, signal }), () =>
          failed("unreadable"),
        );
        misses = next.generation === knock.generation ? misses + 1 : 0;
        knock = next;
      } catch (error) {
        // The knock may outlive the server's restart.
        if (!(error instanceof PeerNetError && error.retry)) throw error;
        misses += 1;
      }
      if (misses > 0) await pause(ground, backoffMs(misses - 1, ground.chance.random), signal);
    }
    const answer = answerOf(knock);
    name = undefined;
    await pc.setRemoteDescription(answer);
    takeCandidates(pc, knock, "answer", { ask, signal }).catch(() => {
      // The server is gone, or the knock: the candidates at hand may do, and if not, that is what is told.
    });
    const path = clock.after(Math.min(pathMs, leftMs()), () => end.abort(failed("no-connection")));
    try {
      await opened(pc, channels, signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      pc.close();
      return {
        error: failed("no-connection", noteOf(error)),
        iceServers: parseIceServers(fieldsOf(told).iceServers),
      };
    } finally {
      path();
    }
    return { connection: { pc, channels, knock: knock.name, close: () => pc.close() } };
  } catch (error) {
    pc.close();
    // Nobody shall answer a door at which nobody stands.
    if (name !== undefined) ask({ method: "DELETE", path: name }).catch(() => {});
    throw error;
  } finally {
    late();
    options.signal?.removeEventListener("abort", giveUp);
    // Nothing of the attempt goes on: later candidates are of no use to a connection that stands.
    end.abort();
  }
};

const selectorOf = ({ room, server, ...rest }: Selector): object => ({
  ...rest,
  ...(room === undefined ? {} : { room: `rooms/${room}` }),
  ...(server === undefined ? {} : { server: `servers/${server}` }),
});

const answerOf = (knock: Knock): RTCSessionDescriptionInit => {
  switch (knock.state) {
    case "answered":
      if (knock.answer.description === undefined) throw failed("unreadable");
      return knock.answer.description;
    case "rejected":
      throw failed("rejected", knock.rejectReason);
    default:
      throw failed("unanswered");
  }
};

const noteOf = (error: unknown): string | undefined =>
  error instanceof Error && error.name !== "PeerNetError" && error.name !== "AbortError"
    ? error.message
    : undefined;

/** Resolves when all channels are open; without any, when the connection stands. */
const opened = (
  pc: RTCPeerConnection,
  channels: readonly RTCDataChannel[],
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const look = () => {
      // Read once: in Node the stack's own thread changes it at any time.
      const state = pc.connectionState;
      const channelStates = channels.map(({ readyState }) => readyState);
      if (signal.aborted) reject(signal.reason);
      else if (state === "failed" || state === "closed" || channelStates.includes("closed"))
        reject(failed("no-connection"));
      else if (channels.length === 0 ? state === "connected" : channelStates.every((one) => one === "open"))
        resolve();
    };
    signal.addEventListener("abort", look, { once: true });
    pc.addEventListener("connectionstatechange", look);
    for (const channel of channels) {
      channel.addEventListener("open", look);
      channel.addEventListener("close", look);
    }
    look();
  });
