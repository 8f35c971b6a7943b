// SPDX-License-Identifier: MIT
/** Who is there: the listed servers and their services. */
import { failed } from "./failure.ts";
import { groundOf, type PeerNetOptions } from "./request.ts";
import { fieldsOf, parseServers, type ServerView, textOf } from "./wire.ts";

export interface FindOptions extends PeerNetOptions {
  /** Id of a room. Default: all listed rooms, and servers in none. */
  readonly room?: string;
  readonly protocol?: string;
  /** `2` finds 2.x.y. */
  readonly version?: string;
  /** Servers to give at most. Default 1,000: more than a person reads. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

const pageSize = 200;

/** The servers that match, those with the service that is asked for. Rejects with a `PeerNetError`. */
export const find = async (options: FindOptions): Promise<readonly ServerView[]> => {
  const { ask } = groundOf(options);
  const { room, protocol, version, most = 1_000, signal } = options;
  const found: ServerView[] = [];
  let pageToken = "";
  do {
    const told = fieldsOf(
      await ask({
        path: "servers",
        query: {
          pageSize: String(Math.min(pageSize, most)),
          ...(pageToken === "" ? {} : { pageToken }),
          ...(room === undefined ? {} : { room: `rooms/${room}` }),
          ...(protocol === undefined ? {} : { protocol }),
          ...(version === undefined ? {} : { version }),
        },
        signal,
      }),
    );
    found.push(...parseServers(told.servers));
    pageToken = textOf(told.nextPageToken);
  } while (pageToken !== "" && found.length < most);
  return found.slice(0, most);
};

/** One server, listed or not, by its id. Rejects with a `PeerNetError`: `NOT_FOUND` where it is not registered. */
export const getServer = async (
  options: PeerNetOptions & { readonly server: string; readonly signal?: AbortSignal },
): Promise<ServerView> => {
  const path = `servers/${encodeURIComponent(options.server)}`;
  const [server] = parseServers([await groundOf(options).ask({ path, signal: options.signal })]);
  if (server === undefined) throw failed("unreadable");
  return server;
};
