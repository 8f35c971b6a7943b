// SPDX-License-Identifier: MIT
/**
 * The bridge between a server's rooms and the broadcasts of its local network: for each id one peer in a room that stands
 * for whoever uses this id on the LAN. Calls to it are broadcast; broadcast calls come into the room from it.
 */
import {
  type Dialect,
  type Hub,
  type PeerId,
  parsePeerId,
  parseRoomName,
  type RoomName,
} from "@signalbox/core";
import { turnstile } from "../allowance.ts";
import {
  type LanCounts,
  type LanGround,
  type LanProblem,
  type LanSocket,
  lanReasons,
  noCounts,
  sealRate,
} from "../exchange.ts";
import { defaultSecret, type KeyRing, keyRing } from "../key.ts";
import { openSocket, type SocketOptions } from "../socket.ts";
import { systemGround } from "../system-ground.ts";
import { type BridgeLine, bridgeLine } from "./bridge-line.ts";
import { lanDialect } from "./dialect.ts";
import { shareSocket } from "./shared-socket.ts";

/** An id on the LAN, and where its calls belong. */
export interface LanLine {
  /** Id on the LAN, and of the peer in the room that stands for it. */
  readonly id: string;
  /** Default `flitter_webrtc`, which everybody knows. */
  readonly secret?: string;
  /** Default: the room `default`. */
  readonly room?: string;
  /** The only member who is called from the LAN. Default: everybody there who takes video; the first to answer gets the call. */
  readonly peer?: string;
}

/** As many ids are served. Each datagram is tried with the key of each, because nothing else tells whose it is. */
export const lanLinesMax = 32;

export interface LanBridgeOptions extends Omit<SocketOptions, "role"> {
  readonly hub: Pick<Hub, "open">;
  readonly lines: readonly LanLine[];
  /** What the server's guard asks of every peer, where it asks for something. */
  readonly credential?: string;
  /** Makes fresh ids. */
  readonly mint: () => string;
  /** Told of what could not be done, with the id concerned. Holds no descriptions and no secrets. */
  readonly onProblem?: (id: string, problem: BridgeProblem) => void;
  readonly dialect?: Dialect;
  readonly ground?: LanGround;
  readonly keys?: KeyRing;
  readonly openSocket?: (options: SocketOptions) => Promise<LanSocket>;
}

export type BridgeProblem =
  | LanProblem
  /** The room did not let it in, or out. It tries again in five seconds. */
  | { readonly code: "room"; readonly why: string };

export interface LanBridge {
  /** Datagrams to the answerers of all ids together: each is counted once for each id. */
  counts(): LanCounts;
  /** Leaves the rooms and closes the sockets. */
  close(): void;
}

export interface Served {
  readonly id: PeerId;
  readonly room: RoomName;
  readonly only: PeerId | undefined;
  readonly secret: string;
}

/** Why these ids cannot be bridged, as a sentence that shows no secret; undefined where they can. */
export const lanLinesProblem = (lines: readonly LanLine[]): string | undefined => {
  if (lines.length > lanLinesMax) return `at most ${lanLinesMax} ids can be bridged`;
  const all = lines.map(served);
  if (all.some((line) => line === undefined)) {
    return "an id, or the name of its room or its peer, is empty, too long, or holds control characters";
  }
  const places = all.map((line) => `${line?.room}\n${line?.id}`);
  return new Set(places).size < places.length ? "an id can be bridged to a room only once" : undefined;
};

const served = ({ id, secret = defaultSecret, room = "default", peer }: LanLine): Served | undefined => {
  const [parsedId, parsedRoom] = [parsePeerId(id), parseRoomName(room)];
  const only = peer === undefined ? undefined : parsePeerId(peer);
  if (parsedId === undefined || parsedRoom === undefined) return undefined;
  if (peer !== undefined && only === undefined) return undefined;
  return { id: parsedId, room: parsedRoom, only, secret };
};

/** Starts the bridge. Rejects where the port cannot be bound, or a line makes no sense. */
export const startLanBridge = async (options: LanBridgeOptions): Promise<LanBridge> => {
  const { hub, mint, credential, host, port, broadcast, ground = systemGround, keys = keyRing() } = options;
  const { dialect = lanDialect(), onProblem = () => {} } = options;
  const open = options.openSocket ?? openSocket;
  const problem = lanLinesProblem(options.lines);
  if (problem !== undefined) throw new TypeError(problem);
  const all = options.lines.flatMap((line) => served(line) ?? []);
  const place = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(broadcast === undefined ? {} : { broadcast }),
  };
  const derived = await Promise.all(all.map(({ id, secret }) => keys.key(id, secret)));
  const shared = shareSocket(await open({ ...place, role: "answerer" }));
  const { pass } = turnstile(sealRate, ground.now());
  const lines: BridgeLine[] = [];
  for (const [index, one] of all.entries()) {
    const key = derived[index];
    if (key === undefined) continue;
    lines.push(
      await bridgeLine({
        served: one,
        key,
        hub,
        dialect,
        mint,
        ground,
        mayTry: pass,
        ...(credential === undefined ? {} : { credential }),
        answererSocket: async () => shared.part(),
        callerSocket: () => open({ ...place, role: "caller" }),
        onProblem: (problem) => onProblem(one.id, problem),
      }),
    );
  }
  return {
    counts() {
      const sum = noCounts();
      for (const { counts } of lines) for (const reason of lanReasons) sum[reason] += counts[reason];
      return sum;
    },
    close() {
      for (const line of lines) line.close();
      shared.close();
    },
  };
};
