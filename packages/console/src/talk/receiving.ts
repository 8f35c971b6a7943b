// SPDX-License-Identifier: MIT
/** Files on their way in. What a peer says of a file is checked against what comes. */
import type { FilePhase } from "../state.ts";
import { filesMax, partBytes, reportBytes, takenUnasked, takenUnaskedTogether } from "./bounds.ts";
import type { FileFrame } from "./wire.ts";

export interface Received {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly moved: number;
  readonly is: FilePhase;
  /** The whole file, once it is. */
  readonly blob?: Blob;
}

interface Incoming {
  readonly name: string;
  readonly size: number;
  readonly mime: string;
  is: FilePhase;
  moved: number;
  reported: number;
  parts: Blob[];
  loose: ArrayBuffer[];
  looseBytes: number;
}

export interface Receiving {
  readonly frame: (frame: FileFrame) => void;
  readonly chunk: (chunk: ArrayBuffer) => void;
  /** The person takes a file that was too large to come by itself. */
  readonly accept: (id: string) => void;
  readonly stop: (id: string) => void;
  readonly close: () => void;
}

export const createReceiving = (
  say: (frame: FileFrame) => void,
  changed: (file: Received) => void,
): Receiving => {
  const files = new Map<string, Incoming>();
  let current: string | undefined;
  let unasked = 0;

  const turn = (id: string, file: Incoming, is: FilePhase, blob?: Blob): void => {
    file.is = is;
    if (is !== "moving" && is !== "waiting" && is !== "asking") {
      file.parts = [];
      file.loose = [];
      if (current === id) current = undefined;
    }
    const { name, size, moved } = file;
    changed({ id, name, size, moved, is, ...(blob === undefined ? {} : { blob }) });
  };

  const pack = (file: Incoming): void => {
    if (file.loose.length === 0) return;
    file.parts.push(new Blob(file.loose));
    file.loose = [];
    file.looseBytes = 0;
  };

  const take = (id: string, file: Incoming): void => {
    turn(id, file, "waiting");
    say({ type: "take", id });
  };

  const offered = ({ id, name, size, mime }: FileFrame & { readonly type: "file" }): void => {
    // A name used twice would let one file's bytes end up in the other.
    if (files.has(id)) return;
    if (files.size >= filesMax) return say({ type: "refuse", id });
    const file: Incoming = {
      name,
      size,
      mime,
      is: "asking",
      moved: 0,
      reported: 0,
      parts: [],
      loose: [],
      looseBytes: 0,
    };
    files.set(id, file);
    if (size <= takenUnasked && unasked + size <= takenUnaskedTogether) {
      unasked += size;
      take(id, file);
    } else turn(id, file, "asking");
  };

  const ended = (id: string, file: Incoming): void => {
    if (file.moved !== file.size) return turn(id, file, "broken");
    pack(file);
    const blob = new Blob(file.parts, { type: file.mime });
    say({ type: "whole", id });
    turn(id, file, "whole", blob);
  };

  return {
    frame(frame) {
      if (frame.type === "file") return offered(frame);
      const { id } = frame;
      const file = files.get(id);
      if (file === undefined) return;
      if (frame.type === "begin" && file.is === "waiting") {
        current = id;
        turn(id, file, "moving");
      } else if (frame.type === "end" && file.is === "moving") ended(id, file);
      else if (
        frame.type === "stop" &&
        frame.by === "sender" &&
        ["asking", "waiting", "moving"].includes(file.is)
      ) {
        turn(id, file, "stopped");
      }
    },
    chunk(chunk) {
      const file = current === undefined ? undefined : files.get(current);
      // Bytes of a file that was stopped here may still be on their way.
      if (current === undefined || file === undefined || file.is !== "moving") return;
      if (file.moved + chunk.byteLength > file.size) {
        const id = current;
        turn(id, file, "broken");
        return say({ type: "stop", id, by: "receiver" });
      }
      file.moved += chunk.byteLength;
      file.loose.push(chunk);
      file.looseBytes += chunk.byteLength;
      if (file.looseBytes >= partBytes) pack(file);
      if (file.moved - file.reported >= reportBytes) {
        file.reported = file.moved;
        say({ type: "have", id: current, bytes: file.moved });
        turn(current, file, "moving");
      }
    },
    accept(id) {
      const file = files.get(id);
      if (file?.is === "asking") take(id, file);
    },
    stop(id) {
      const file = files.get(id);
      if (file === undefined || !["asking", "waiting", "moving"].includes(file.is)) return;
      say(file.is === "asking" ? { type: "refuse", id } : { type: "stop", id, by: "receiver" });
      turn(id, file, file.is === "asking" ? "refused" : "stopped");
    },
    close() {
      for (const [id, file] of [...files]) {
        if (file.is === "asking" || file.is === "waiting" || file.is === "moving") turn(id, file, "broken");
      }
    },
  };
};
