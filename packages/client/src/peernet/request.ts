// SPDX-License-Identifier: MIT
/** One request to a PeerNet server: JSON there, JSON or a reason back. */
import { type Chance, type Clock, systemChance, systemClock } from "../clock.ts";
import { failed, PeerNetError } from "./failure.ts";
import { fieldsOf, textOf } from "./wire.ts";

export interface PeerNetOptions {
  /** The Signalbox server: `https:`, `http:`, `wss:` or `ws:`; in a page also relative to it. */
  readonly url: string | URL;
  /** Who one is: at least 22 characters that nobody can guess. Default: a fresh one. */
  readonly token?: string;
  /** What the server was started with as `--secret`, where it was. */
  readonly secret?: string;
  /** Default: the runtime's own. */
  readonly fetch?: typeof fetch;
  /** Time, for tests. */
  readonly clock?: Clock;
  /** Chance, for tests. */
  readonly chance?: Chance;
}

export interface Ask {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below `/v1/`. */
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  readonly body?: object;
  /** How long the server may wait before it answers. Milliseconds. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The JSON of the answer. Rejects with a `PeerNetError`, or with the signal's reason where that aborts. */
export type Asking = (ask: Ask) => Promise<unknown>;

export interface Ground {
  readonly ask: Asking;
  readonly token: string;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** From the moment an answer is due until the request is given up. Milliseconds. A slow mobile line needs seconds. */
const overdueMs = 15_000;

/** A duration as Protobuf writes it in JSON. */
export const seconds = (ms: number): string => `${Math.max(0, Math.round(ms)) / 1_000}s`;

const baseOf = (given: string | URL): URL => {
  const url = new URL(given, typeof location === "undefined" ? undefined : location.href);
  url.protocol = url.protocol.replace(/^ws/, "http");
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
};

export const groundOf = (options: PeerNetOptions): Ground => {
  const { clock = systemClock, chance = systemChance, secret } = options;
  const token = options.token ?? `${chance.id()}${chance.id()}`;
  const base = baseOf(options.url);
  const request = options.fetch ?? globalThis.fetch.bind(globalThis);
  const ask: Asking = async ({ method = "GET", path, query = {}, body, waitMs = 0, signal }) => {
    signal?.throwIfAborted();
    const url = new URL(`v1/${path}`, base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const end = new AbortController();
    const stop = () => end.abort();
    signal?.addEventListener("abort", stop);
    const cancel = clock.after(waitMs + overdueMs, stop);
    try {
      const response = await request(url, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(secret === undefined ? {} : { "x-signalbox-secret": secret }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: end.signal,
        cache: "no-store",
      });
      const text = await response.text();
      if (!response.ok) throw refusalOf(response, text);
      return text === "" ? {} : readable(text);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PeerNetError) throw error;
      throw failed("unreachable", causeOf(error));
    } finally {
      cancel();
      signal?.removeEventListener("abort", stop);
    }
  };
  return { ask, token, clock, chance };
};

const readable = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw failed("unreadable");
  }
};

/** Node's fetch hides the reason one level down. */
const causeOf = (error: unknown): string => {
  const { cause, message } = fieldsOf(
    error instanceof Error ? { cause: error.cause, message: error.message } : {},
  );
  return cause instanceof Error && cause.message !== "" ? cause.message : textOf(message);
};

/** Problem details (RFC 9457) as an error. */
const refusalOf = (response: Response, text: string): PeerNetError => {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    told = undefined;
  }
  const { reason, detail, title } = fieldsOf(told);
  const { status } = response;
  // What stands before the server, such as a proxy, has errors of its own; these pass.
  if (typeof reason !== "string")
    return status >= 500 ? failed("unreachable", `HTTP ${status}.`) : failed("unreadable", `HTTP ${status}.`);
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new PeerNetError({
    reason,
    sentence: textOf(detail) || textOf(title) || reason,
    status,
    retry: status >= 500 || status === 429 || reason === "CONTENDED",
    ...(Number.isFinite(after) ? { retryAfterMs: after * 1_000 } : {}),
  });
};

/** Resolves after so long, or at once where the signal aborts. */
export const pause = ({ clock }: Pick<Ground, "clock">, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
