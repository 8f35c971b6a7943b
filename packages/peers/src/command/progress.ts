// SPDX-License-Identifier: MIT
/** How far something is, in one line that is written anew; where nobody watches, a line every so often. */
import type { Writable } from "node:stream";

export interface Progress {
  show(bytes: number, size: number): void;
  /** Says something else, and leaves no half of a line behind. */
  around(say: () => void): void;
  end(): void;
}

/** Between two lines on a terminal, and in a log. Milliseconds. */
const everyMs = { terminal: 100, log: 5_000 };

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** A size for people, in powers of 1000. */
export const sizeText = (bytes: number): string => {
  let left = bytes;
  let unit = 0;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || left >= 99.95 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
};

export const progressLine = (
  out: Writable & { readonly isTTY?: boolean },
  quiet: boolean,
  now: () => number,
): Progress => {
  const terminal = out.isTTY === true;
  let saidAt = Number.NEGATIVE_INFINITY;
  let startedAt: number | undefined;
  let startBytes = 0;
  let hasLine = false;
  const clear = () => {
    if (hasLine) out.write("\r\u001b[K");
    hasLine = false;
  };
  return {
    show(bytes, size) {
      const at = now();
      if (startedAt === undefined) {
        startedAt = at;
        startBytes = bytes;
      }
      if (quiet || at - saidAt < (terminal ? everyMs.terminal : everyMs.log)) return;
      saidAt = at;
      const seconds = (at - startedAt) / 1_000;
      const speed = seconds > 0.5 ? `, ${sizeText((bytes - startBytes) / seconds)}/s` : "";
      const share = size === 0 ? 100 : Math.floor((bytes / size) * 100);
      const text = `${share} % of ${sizeText(size)}${speed}`;
      out.write(terminal ? `\r\u001b[K${text}` : `${text}\n`);
      hasLine = terminal;
    },
    around(say) {
      clear();
      say();
    },
    end: clear,
  };
};
