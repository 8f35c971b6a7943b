// SPDX-License-Identifier: MIT
/** Files on their way out: several may wait, one moves, and what lies in the channel stays bounded. */
import type { FilePhase } from "../state.ts";
import { bufferHigh, filesMax } from "./bounds.ts";
import type { FileFrame } from "./wire.ts";

/** The channel, as far as sending needs it. */
export interface Outlet {
  readonly send: (frame: string | ArrayBuffer) => void;
  /** Bytes that wait in the channel. */
  readonly buffered: () => number;
  /** Settles when the channel has drained to its low mark, or is closed. */
  readonly drained: () => Promise<void>;
  readonly isOpen: () => boolean;
  /** Largest message both ends can take. Bytes. */
  readonly chunkBytes: () => number;
}

/** A file as the browser hands it over; read in pieces, never whole. */
export interface Source {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly slice: (from: number, to: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> };
}

export interface Sent {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** Bytes the other side says it has. */
  readonly moved: number;
  readonly is: FilePhase;
}

interface Outgoing {
  readonly source: Source;
  is: FilePhase;
  moved: number;
}

/** Bytes read from the file at once; cut into messages of the channel's size. */
const readBytes = 1_048_576;

export interface Sending {
  readonly offer: (source: Source) => void;
  readonly stop: (id: string) => void;
  readonly take: (frame: FileFrame) => void;
  /** The channel is gone. */
  readonly close: () => void;
}

export const createSending = (outlet: Outlet, changed: (file: Sent) => void): Sending => {
  const files = new Map<string, Outgoing>();
  const ready: string[] = [];
  let moving = false;
  let closed = false;
  let count = 0;

  const say = (frame: FileFrame): void => {
    if (outlet.isOpen()) outlet.send(JSON.stringify(frame));
  };

  const turn = (id: string, file: Outgoing, is: FilePhase): void => {
    file.is = is;
    if (is !== "waiting" && is !== "asking" && is !== "moving") files.delete(id);
    changed({ id, name: file.source.name, size: file.source.size, moved: file.moved, is });
  };

  const move = async (id: string, file: Outgoing): Promise<void> => {
    turn(id, file, "moving");
    say({ type: "begin", id });
    const { source } = file;
    for (let at = 0; at < source.size; at += readBytes) {
      const piece = await source.slice(at, Math.min(source.size, at + readBytes)).arrayBuffer();
      const step = outlet.chunkBytes();
      for (let from = 0; from < piece.byteLength; from += step) {
        if (outlet.buffered() > bufferHigh) await outlet.drained();
        if (file.is !== "moving") return;
        outlet.send(piece.slice(from, from + step));
      }
      if (file.is !== "moving") return;
    }
    say({ type: "end", id });
  };

  const pump = async (): Promise<void> => {
    if (moving) return;
    moving = true;
    for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
      const file = files.get(id);
      if (file === undefined || closed) continue;
      try {
        await move(id, file);
      } catch {
        // The file changed or vanished on disk, or the channel broke under it: the other side is told, and so is the person.
        if (file.is === "moving") {
          turn(id, file, "broken");
          say({ type: "stop", id, by: "sender" });
        }
      }
    }
    moving = false;
  };

  return {
    offer(source) {
      count += 1;
      const id = `f${count}`;
      const file: Outgoing = { source, is: "asking", moved: 0 };
      files.set(id, file);
      if (closed || files.size > filesMax) return turn(id, file, "refused");
      turn(id, file, "asking");
      say({ type: "file", id, name: source.name, size: source.size, mime: source.type });
    },
    stop(id) {
      const file = files.get(id);
      if (file === undefined) return;
      turn(id, file, "stopped");
      say({ type: "stop", id, by: "sender" });
    },
    take(frame) {
      const file = files.get(frame.id);
      if (file === undefined) return;
      const { id } = frame;
      if (frame.type === "take" && file.is === "asking") {
        turn(id, file, "waiting");
        ready.push(id);
        void pump();
      } else if (frame.type === "refuse" && file.is === "asking") turn(id, file, "refused");
      else if (frame.type === "have" && file.is === "moving" && frame.bytes <= file.source.size) {
        file.moved = frame.bytes;
        turn(id, file, "moving");
      } else if (frame.type === "whole" && file.is === "moving") {
        file.moved = file.source.size;
        turn(id, file, "whole");
      } else if (frame.type === "stop" && frame.by === "receiver") turn(id, file, "stopped");
    },
    close() {
      closed = true;
      for (const [id, file] of [...files]) turn(id, file, "broken");
    },
  };
};
