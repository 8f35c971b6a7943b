// SPDX-License-Identifier: MIT
/** Peers of each WebSocket protocol that write their frames by hand, at a node that the test chooses. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Three } from "./three.ts";

export type Told = { readonly [field: string]: unknown };

export interface Raw {
  /** All it was told, oldest first; what is no JSON object is not kept. */
  readonly frames: readonly Told[];
  readonly closing: { readonly code: number; readonly reason: string } | undefined;
  say(frame: Told): void;
  /** The first frame, told before or from now on, that fits. Rejects where the line closes first. */
  told(fits: (frame: Told) => boolean): Promise<Told>;
  /** Settles when the server has closed the line. */
  closed(): Promise<{ readonly code: number; readonly reason: string }>;
  /** It goes for good. */
  leave(): void;
}

const rawLine = async (url: string, protocols: readonly string[] = []): Promise<Raw> => {
  const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false });
  const frames: Told[] = [];
  const watchers = new Set<() => void>();
  let closing: Raw["closing"];
  const look = (): void => {
    for (const watch of [...watchers]) watch();
  };
  socket.on("message", (payload) => {
    frames.push(JSON.parse(payload.toString()));
    look();
  });
  socket.on("close", (code, reason) => {
    closing = { code, reason: reason.toString() };
    look();
  });
  await once(socket, "open");
  socket.on("error", () => {});
  const when = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = find();
        if (found !== undefined) resolve(found);
        else if (closing === undefined) return;
        else reject(new Error(`closed with ${closing.code} ${closing.reason}`));
        watchers.delete(watch);
      };
      watchers.add(watch);
      watch();
    });
  return {
    frames,
    get closing() {
      return closing;
    },
    say: (frame) => socket.send(JSON.stringify(frame)),
    told: (fits) => when(() => frames.find(fits)),
    closed: () => when(() => closing),
    leave() {
      if (socket.readyState !== WebSocket.OPEN) return;
      // What is no frame to another protocol is the end of a native session.
      if (protocols.length > 0) socket.send('{"type":"end"}');
      socket.close();
    },
  };
};

/** Is it of this type, and are these its fields? */
export const like =
  (fields: Told) =>
  (frame: Told): boolean =>
    Object.entries(fields).every(([name, value]) => JSON.stringify(frame[name]) === JSON.stringify(value));

export interface Native extends Raw {
  /** Says it with the next sequence number, and gives that back. */
  ask(frame: Told): number;
}

const memberOf = (value: unknown): Told => (typeof value === "object" && value !== null ? { ...value } : {});

/** Whom a native peer knows to be in its room by now, by session. */
export const rosterOf = ({ frames }: Pick<Raw, "frames">): ReadonlyMap<unknown, Told> => {
  const known = new Map<unknown, Told>();
  for (const { type, members, member, session } of frames) {
    if (type === "peer-left") known.delete(session);
    const come = type === "joined" && Array.isArray(members) ? members : [member];
    if (type === "joined" || type === "peer-joined")
      for (const one of come.map(memberOf)) known.set(one.session, one);
  }
  return known;
};

export interface RawPeers {
  /** Has sent its join; whether it is in, it will be told. */
  native(at: number, room: string, id: string, more?: Told): Promise<Native>;
  flitter(at: number, room: string, id: string): Promise<Raw>;
  unrupt(at: number, path: string, finger: string): Promise<Raw>;
  /** All of them go, and nobody waits for them to come back. */
  end(): void;
}

export const rawPeers = (three: Pick<Three, "lineAt">): RawPeers => {
  const lines = new Set<Raw>();
  const open = async (url: string, protocols: readonly string[] = []): Promise<Raw> => {
    const line = await rawLine(url, protocols);
    lines.add(line);
    return line;
  };
  return {
    async native(at, room, id, more = {}) {
      const line = await open(`${three.lineAt(at)}/`, ["signalbox.v1"]);
      let seq = 0;
      const ask = (frame: Told): number => {
        seq += 1;
        line.say({ seq, ...frame });
        return seq;
      };
      ask({ type: "join", room, id, ...more });
      return Object.assign(line, { ask });
    },
    async flitter(at, room, id) {
      const line = await open(`${three.lineAt(at)}/`);
      line.say({ type: "join", room, id });
      return line;
    },
    unrupt: (at, path, finger) => open(`${three.lineAt(at)}${path}?finger=${encodeURIComponent(finger)}`),
    end() {
      for (const line of lines) line.leave();
      lines.clear();
    },
  };
};
