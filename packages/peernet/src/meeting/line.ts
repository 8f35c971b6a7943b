// SPDX-License-Identifier: MIT
/** A line from inside this process into a room. */
import type { Dialect, Frame, Hub, LinePort } from "@signalbox/core";
import { type FromHub, frameOf, readFromHub, type ToHub } from "./wire.ts";

export interface RoomLine {
  say(message: ToHub): void;
  /** Leaves. Nothing is heard any more. Idempotent. */
  close(): void;
}

/** A line from inside has no address of its own. */
const insideHandshake = { path: "/", query: () => undefined, protocols: [], address: "127.0.0.1" };

/** `hear` must not throw. It is called when the hub is done with what it was deciding. */
export const openLine = (
  hub: Pick<Hub, "open">,
  dialect: Dialect,
  hear: (message: FromHub) => void,
): RoomLine => {
  const inbox: Frame[] = [];
  let open = true;
  const drain = (): void => {
    for (const frame of inbox.splice(0)) if (open) hear(readFromHub(frame));
  };
  const port: LinePort = {
    write(frames) {
      if (inbox.length === 0) queueMicrotask(drain);
      inbox.push(...frames);
    },
    close({ frames }) {
      port.write(frames);
    },
    pause() {},
    resume() {},
    backlogBytes: () => 0,
  };
  const line = hub.open(port, dialect, insideHandshake);
  return {
    say: (message) => line.receive(frameOf(message)),
    close() {
      if (!open) return;
      open = false;
      line.closed();
    },
  };
};
