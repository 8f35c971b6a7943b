// SPDX-License-Identifier: MIT
/** A device: registers its services, waits for knocks and answers them, and comes back after every failure. */
import { backoffMs } from "../backoff.ts";
import type { PeerConnectionConstructor } from "../connect.ts";
import type { IceServer } from "../wire.ts";
import { failed, PeerNetError } from "./failure.ts";
import { type AnswerBody, createGuests, type Guests, type ServiceOffer } from "./guests.ts";
import { type Ground, groundOf, type PeerNetOptions, pause, seconds } from "./request.ts";
import { fieldsOf, type Knock, parseIceServers, parseKnocks, parseResults, textOf } from "./wire.ts";

export interface ServeOptions extends PeerNetOptions {
  /** Id of the device: lower-case letters, digits, hyphens, at most 63. Default: one the server makes up. */
  readonly id?: string;
  readonly displayName?: string;
  /** Id of the room it is found in; made where there is none. Unlisted rooms are found by who knows their name. */
  readonly room?:
    | string
    | { readonly id: string; readonly displayName?: string; readonly unlisted?: boolean };
  readonly services: readonly ServiceOffer[];
  /** Default: the runtime's own. */
  readonly RTCPeerConnection?: PeerConnectionConstructor;
  /** For every connection. `iceServers` here replace those the server hands out. */
  readonly configuration?: RTCConfiguration;
  /** Connections at once; who knocks then is rejected as busy. Default 16. */
  readonly connectionsMax?: number;
  /** How long the device stays listed after its last request. Milliseconds. Default: what the server has, 60 s. */
  readonly ttlMs?: number;
  /** Try again where the first registration finds no server. Default: that rejects. */
  readonly patient?: boolean;
  /** Ends it, as `close` does. */
  readonly signal?: AbortSignal;
  /** `offline`: the server cannot be reached, and is tried again. Connections that stand are not touched. */
  readonly onState?: (state: "online" | "offline", error?: PeerNetError) => void;
  /** What went wrong with one guest. */
  readonly onError?: (error: unknown) => void;
}

export interface Serving {
  /** `servers/{server}` */
  readonly name: string;
  /** Who has it owns the device: keep it to come back under the same id. */
  readonly token: string;
  readonly connections: number;
  /** Settles at the end: with the reason where that is not `close`, such as another device under this id. */
  readonly ended: Promise<PeerNetError | undefined>;
  /** Takes the device off the server and ends all connections. */
  close(): Promise<void>;
}

/** Longest wait for a knock. Milliseconds. Servers allow 55 s, most proxies 60 s. */
const waitMs = 50_000;
/** How long the next exchange is held for answers that are being made, so that they travel with it. Milliseconds. */
const holdMs = 250;
/** How often TURN credentials are asked for anew. Milliseconds. They live an hour or more. */
const refreshMs = 10 * 60_000;
/** Knocks that are remembered, so that one handed out twice is answered once. As many as a server holds for a service. */
const rememberedMax = 1_024;
/** Answers in one exchange: with video about 10 KB each, of 256 KB. */
const answersMax = 16;

/** Resolves once it is registered. Rejects with a `PeerNetError`, or with the signal's reason where that aborts. */
export const serve = async (options: ServeOptions): Promise<Serving> => {
  const runtime: { readonly RTCPeerConnection?: PeerConnectionConstructor } = globalThis;
  const Constructor = options.RTCPeerConnection ?? runtime.RTCPeerConnection;
  if (Constructor === undefined) throw failed("no-webrtc");
  const ground = groundOf(options);
  const end = new AbortController();
  const device = createDevice(options, ground, Constructor, end.signal);
  options.signal?.throwIfAborted();
  const stop = () => end.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", stop);
  const ended = endPromise();
  try {
    await device.register(options.patient === true);
  } catch (error) {
    options.signal?.removeEventListener("abort", stop);
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = (problem?: PeerNetError): Promise<void> =>
    (closing ??= (async () => {
      end.abort();
      options.signal?.removeEventListener("abort", stop);
      device.guests.close();
      // Where that does not arrive, the lease ends by itself.
      if (problem === undefined)
        await ground
          .ask({ method: "DELETE", path: device.name(), query: { allowMissing: "true" } })
          .catch(() => {});
      ended.resolve(problem);
    })());
  device.run().then(
    () => close(),
    (error: unknown) => close(error instanceof PeerNetError ? error : failed("unreadable", String(error))),
  );
  return {
    get name() {
      return device.name();
    },
    token: ground.token,
    get connections() {
      return device.guests.count;
    },
    ended: ended.promise,
    close: () => close(),
  };
};

const endPromise = () => {
  let resolve: (problem: PeerNetError | undefined) => void = () => {};
  const promise = new Promise<PeerNetError | undefined>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

interface Device {
  readonly guests: Guests;
  name(): string;
  register(patient: boolean): Promise<void>;
  /** Waits for knocks until the signal aborts. Rejects with what cannot be mended by waiting. */
  run(): Promise<void>;
}

const createDevice = (
  options: ServeOptions,
  ground: Ground,
  RTCPeerConnection: PeerConnectionConstructor,
  signal: AbortSignal,
): Device => {
  const { ask, clock, chance } = ground;
  const { onState = () => {}, onError = () => {} } = options;
  let { id } = options;
  let iceServers: readonly IceServer[] = [];
  let cursor = "";
  let registeredAt = 0;
  let state: "online" | "offline" | undefined;
  /** Answers that wait for the next exchange. */
  let answers: AnswerBody[] = [];
  const seen = new Set<string>();
  const guests = createGuests({
    ground,
    services: options.services,
    RTCPeerConnection,
    configuration: () => ({
      iceServers: iceServers.map(({ urls, ...rest }) => ({ ...rest, urls: [...urls] })),
      ...options.configuration,
    }),
    most: options.connectionsMax ?? answersMax,
    onError,
  });

  const tell = (next: "online" | "offline", error?: PeerNetError): void => {
    if (state !== next) onState(next, error);
    state = next;
  };

  /** Those that were not handed out before. */
  const fresh = (knocks: readonly Knock[]): readonly Knock[] =>
    knocks.filter(({ name }) => {
      if (seen.has(name)) return false;
      seen.add(name);
      const [oldest] = seen;
      if (seen.size > rememberedMax && oldest !== undefined) seen.delete(oldest);
      return true;
    });

  /** One try. The same device again is a renewal, and its knocks that are not acknowledged come along. */
  const registerOnce = async (): Promise<readonly Knock[]> => {
    const told = fieldsOf(
      await ask({ method: "POST", path: "servers", ...registration(options, id), signal }),
    );
    id = textOf(fieldsOf(told.server).uniqueId);
    if (id === "") throw failed("unreadable");
    iceServers = parseIceServers(told.iceServers);
    cursor = textOf(told.cursor);
    registeredAt = clock.now();
    tell("online");
    return parseKnocks(told.knocks);
  };

  const deliver = async (answer: AnswerBody): Promise<void> => {
    const { name, ...body } = answer;
    try {
      await ask({ method: "POST", path: `${name}:answer`, body, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof PeerNetError && error.retry) answers.push(answer);
      else guests.forget(name);
    }
  };

  /** Makes the answers. Those that are ready soon travel with the next exchange, the others by themselves. */
  const take = async (knocks: readonly Knock[]): Promise<void> => {
    let held = true;
    const made = fresh(knocks).map(async (knock) => {
      const answer = await guests.answer(knock);
      if (held && answers.length < answersMax) answers.push(answer);
      else await deliver(answer);
    });
    if (made.length === 0) return;
    const enough = new AbortController();
    const patience = pause(ground, holdMs, enough.signal);
    await Promise.race([Promise.all(made), patience]);
    enough.abort();
    held = false;
  };

  const exchange = async (): Promise<void> => {
    const sent = answers.slice(0, answersMax);
    const since = clock.now();
    const told = fieldsOf(
      await ask({
        method: "POST",
        path: `servers/${id}/knocks:exchange`,
        body: { answers: sent, cursor, wait: seconds(waitMs) },
        waitMs,
        signal,
      }),
    );
    answers = answers.filter((answer) => !sent.includes(answer));
    for (const { name } of parseResults(told.results)) guests.forget(name);
    cursor = textOf(told.cursor) || cursor;
    const knocks = parseKnocks(told.knocks);
    await take(knocks);
    // A server that is about to end lets nobody wait.
    if (knocks.length === 0 && sent.length === 0 && clock.now() - since < 1_000)
      await pause(ground, backoffMs(1, chance.random), signal);
  };

  const again = async (error: unknown, attempt: number): Promise<void> => {
    const mendable = error instanceof PeerNetError && (error.retry || error.reason === "NOT_FOUND");
    if (signal.aborted || !mendable) throw error;
    tell("offline", error);
    await pause(ground, Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, chance.random)), signal);
  };

  const register = async (patient: boolean): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await take(await registerOnce());
      } catch (error) {
        if (!patient) throw error;
        await again(error, attempt);
      }
    }
  };

  return {
    guests,
    name: () => `servers/${id}`,
    register,
    async run() {
      while (!signal.aborted) {
        try {
          if (iceServers.length > 0 && clock.now() - registeredAt > refreshMs)
            await take(await registerOnce());
          await exchange();
        } catch (error) {
          if (signal.aborted) return;
          // It lapsed while this device was away: that is no failure, and there is nothing to wait for.
          if (!(error instanceof PeerNetError && error.reason === "NOT_FOUND")) await again(error, 0);
          if (!signal.aborted)
            await register(true).catch((reason) => (signal.aborted ? undefined : Promise.reject(reason)));
        }
      }
    },
  };
};

const registration = (options: ServeOptions, id: string | undefined) => {
  const room = typeof options.room === "string" ? { id: options.room } : options.room;
  return {
    query: {
      wait: "0s",
      ...(room === undefined ? {} : { "room.uniqueId": room.id }),
      ...(room?.displayName === undefined ? {} : { "room.displayName": room.displayName }),
      ...(room?.unlisted === true ? { "room.visibility": "VISIBILITY_UNLISTED" } : {}),
    },
    body: {
      ...(id === undefined ? {} : { uniqueId: id }),
      ...(room === undefined ? {} : { room: `rooms/${room.id}` }),
      ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
      ...(options.ttlMs === undefined ? {} : { ttl: seconds(options.ttlMs) }),
      services: options.services.map(
        ({ protocol, version = "1", id: uniqueId, displayName, attributes }) => ({
          protocol,
          version,
          ...(uniqueId === undefined ? {} : { uniqueId }),
          ...(displayName === undefined ? {} : { displayName }),
          ...(attributes === undefined ? {} : { attributes }),
        }),
      ),
    },
  };
};
