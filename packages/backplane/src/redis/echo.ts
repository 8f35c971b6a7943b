// SPDX-License-Identifier: MIT
/**
 * How long the bus takes: a mark that a node sends to its own inbox, and hears by one clock. A mark that never comes back says
 * that the inbox is not listened to any more, however well Redis answers.
 */
import type { Cancel, Clock, Millis, NodeId } from "@signalbox/core";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";
import { afterPatience } from "./patience.ts";

export interface EchoParts {
  readonly node: NodeId;
  readonly keys: Pick<Keys, "inbox">;
  readonly link: Pick<Link, "publish">;
  readonly clock: Clock;
  /** How long a mark may take. Milliseconds. */
  readonly patienceMs: Millis;
  /** A mark came back after so long. */
  readonly measured: (lagMs: Millis) => void;
  /** One did not, nor did any after it. */
  readonly unheard: () => void;
}

export interface Echo {
  /** How long the last mark took, or the one that is on its way has taken by now, where that is longer. Milliseconds. */
  readonly lagMs: Millis;
  /** Sends a mark. */
  send(): Promise<void>;
  /** Takes what came on a channel, where it is a mark. */
  heard(channel: string, text: string): boolean;
  /** The connection is gone, and all marks with it. */
  forget(): void;
}

/** What no parcel begins with: before its line break stands the node that sent it. */
const sign = "\n";

export const createEcho = (parts: EchoParts): Echo => {
  const { node, keys, link, clock, patienceMs, measured, unheard } = parts;
  const inbox = keys.inbox(node);
  const underway = new Map<number, { readonly sentAt: Millis; readonly cancel: Cancel }>();
  let serial = 0;
  let lagMs = 0;
  const drop = (mark: number): void => {
    underway.get(mark)?.cancel();
    underway.delete(mark);
  };
  return {
    get lagMs() {
      const [oldest] = underway.values();
      return oldest === undefined ? lagMs : Math.max(lagMs, clock.now() - oldest.sentAt);
    },
    async send() {
      serial += 1;
      const mark = serial;
      underway.set(mark, { sentAt: clock.now(), cancel: afterPatience(clock, patienceMs, unheard) });
      // Where Redis is away, that is noticed otherwise.
      if ((await link.publish(inbox, `${sign}${mark}`)) === undefined) drop(mark);
    },
    heard(channel, text) {
      if (channel !== inbox || !text.startsWith(sign)) return false;
      const mark = Number(text.slice(sign.length));
      const sent = underway.get(mark);
      // From before an absence, or of an earlier process under this name.
      if (sent === undefined) return true;
      // One connection carries them in order: those before it are lost, and the inbox is listened to all the same.
      for (const other of [...underway.keys()]) if (other <= mark) drop(other);
      lagMs = clock.now() - sent.sentAt;
      measured(lagMs);
      return true;
    },
    forget() {
      for (const mark of [...underway.keys()]) drop(mark);
    },
  };
};
