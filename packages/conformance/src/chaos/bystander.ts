// SPDX-License-Identifier: MIT
/** A Flitter peer in the same room: it is told whole lists, has no receipts and no resume, and comes back as a newcomer. */
import { WebSocket } from "ws";

type Frame = { readonly [field: string]: unknown };

export interface Bystander {
  readonly id: string;
  /** Was it told that it is in, on the line it has? */
  readonly present: boolean;
  /** The ids of its last list, its own among them. */
  readonly list: readonly string[];
  /** Numbers it took of others. */
  readonly took: number;
  /** What it was told and cannot be. */
  readonly complaints: readonly string[];
  /** Sends this one the next number. */
  say(to: string): void;
  drop(): void;
  stop(): void;
}

/** Pause before it tries again. Milliseconds. */
const againMs = 100;

export const bystander = (id: string, place: () => string | undefined, room = "r"): Bystander => {
  const complaints: string[] = [];
  /** The last number of each line of each other. */
  const last = new Map<string, number>();
  let socket: WebSocket | undefined;
  let list: readonly string[] = [];
  let present = false;
  let over = false;
  let again: NodeJS.Timeout | undefined;
  let [life, number, took] = [0, 0, 0];

  const take = (frame: Frame): void => {
    if (frame.type === "members" && Array.isArray(frame.members)) {
      list = frame.members.map(String);
      present = list.includes(id);
      if (new Set(list).size !== list.length)
        complaints.push(`${id} was told somebody twice: ${list.join()}`);
      return;
    }
    if (frame.type !== "number") return;
    const by = `${String(frame.from)}, line ${String(frame.life)}`;
    const before = last.get(by) ?? 0;
    if (Number(frame.number) <= before)
      complaints.push(`${id} took ${String(frame.number)} of ${by} after ${before}`);
    if (!list.includes(String(frame.from)))
      complaints.push(`${id} was told something of ${String(frame.from)}, who was not there`);
    last.set(by, Number(frame.number));
    took += 1;
  };
  const open = (): void => {
    const url = place();
    if (url === undefined) {
      again = setTimeout(open, againMs);
      return;
    }
    const line = new WebSocket(url.replace(/^http/, "ws"), { perMessageDeflate: false });
    socket = line;
    life += 1;
    line.on("open", () => line.send(JSON.stringify({ type: "join", room, id })));
    line.on("message", (payload) => take(JSON.parse(payload.toString())));
    line.on("error", () => {});
    line.on("close", () => {
      present = false;
      if (!over) again = setTimeout(open, againMs);
    });
  };
  open();
  return {
    id,
    get present() {
      return present;
    },
    get list() {
      return list;
    },
    get took() {
      return took;
    },
    complaints,
    say(to) {
      if (!present || !list.includes(to)) return;
      number += 1;
      socket?.send(JSON.stringify({ type: "number", to, life, number }));
    },
    drop: () => socket?.terminate(),
    stop() {
      over = true;
      clearTimeout(again);
      socket?.terminate();
    },
  };
};
