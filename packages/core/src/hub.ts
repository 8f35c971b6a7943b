// SPDX-License-Identifier: MIT
import { restore } from "./absence.ts";
import type { Frame } from "./frame.ts";
import { forgetMoved } from "./handover.ts";
import { endLine, finish, lineClosed, openLine, receive, scheduleWake } from "./lines.ts";
import { takeParcel } from "./parcels.ts";
import type { Dialect, Handshake, Line, LinePort } from "./ports.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { detach, endSession } from "./sessions.ts";
import type { HubParts, HubState, LineState } from "./state.ts";

export interface HubStats {
  readonly lines: number;
  readonly sessions: number;
  readonly rooms: number;
}

/** One node of the box: takes lines in, carries what their peers say to each other. */
export interface Hub {
  /** A new connection, whose dialect is decided. Ends by itself when the line ends. */
  open(port: LinePort, dialect: Dialect, handshake: Handshake): Line;
  /**
   * This node was cut off from the directory and is back: it claims again what it holds, and reads every roster anew.
   * `restarted`: the directory may have forgotten the last of what it was told.
   */
  restore(restarted: boolean): Promise<boolean>;
  /**
   * From now on every line, present and new, is told to come back elsewhere or later. Sessions that can resume on another node
   * wait here to be handed over.
   */
  drain(): void;
  /** Settles when no session is left here. */
  drained(): Promise<void>;
  /** Ends everything at once and rings no timer any more. */
  close(): void;
  readonly stats: HubStats;
}

/** The gateway's end of a line. A class, because there are many: what they share is not made anew for each. */
class OpenLine implements Line {
  readonly #hub: HubState;
  readonly #line: LineState;

  constructor(hub: HubState, line: LineState) {
    this.#hub = hub;
    this.#line = line;
  }

  receive(frame: Frame): void {
    receive(this.#hub, this.#line, frame);
  }

  refuse(why: Refusal): void {
    endLine(this.#hub, this.#line, why);
  }

  closed(): void {
    lineClosed(this.#hub, this.#line);
  }

  get settled(): boolean {
    return this.#line.session !== undefined;
  }
}

export const createHub = (parts: HubParts): Hub => {
  const hub: HubState = {
    ...parts,
    lines: new Set(),
    sessions: new Map(),
    rooms: new Map(),
    questions: new Set(),
    asked: new Map(),
    coming: new Map(),
    moved: new Map(),
    draining: false,
    endLine: (line, why) => endLine(hub, line, why),
    rewake: (line) => scheduleWake(hub, line),
    movable: ({ dialect, memberships }) =>
      parts.book !== undefined && dialect.resumable && memberships.length > 0,
    emptied: undefined,
    detach: (session) => detach(hub, session),
  };
  const stopReceiving = parts.bus.receive((from, parcel) => takeParcel(hub, from, parcel));
  return {
    open(port, dialect, handshake) {
      return new OpenLine(hub, openLine(hub, port, dialect, handshake));
    },
    restore: (restarted) => restore(hub, restarted),
    drain() {
      hub.draining = true;
      for (const line of [...hub.lines]) endLine(hub, line, refusal("draining"));
      for (const session of [...hub.sessions.values()]) {
        if (!hub.movable(session)) endSession(hub, session, "drained");
      }
    },
    async drained() {
      while (hub.sessions.size > 0) {
        await new Promise<void>((resolve) => {
          hub.emptied = resolve;
        });
      }
    },
    close() {
      hub.draining = true;
      stopReceiving();
      for (const line of [...hub.lines])
        finish(hub, line, () => line.port.close(line.codec.refuse(refusal("draining"))));
      for (const session of [...hub.sessions.values()]) endSession(hub, session, "drained");
      forgetMoved(hub);
      for (const room of hub.rooms.values()) room.cancelCheck?.();
      hub.rooms.clear();
    },
    get stats() {
      return { lines: hub.lines.size, sessions: hub.sessions.size, rooms: hub.rooms.size };
    },
  };
};
