// SPDX-License-Identifier: MIT
/** Something asked of the server, and how it stands. */
import { PeerNetError } from "@signalbox/client/peernet";
import { useEffect, useState } from "preact/hooks";

export type Asked<T> =
  | { readonly is: "asking" }
  | { readonly is: "had"; readonly value: T }
  | { readonly is: "refused"; readonly error: PeerNetError };

/** Milliseconds between two looks at a list, while the page is in sight. */
const againMs = 5_000;

/**
 * Asks when `key` changes, and with `repeat` again every five seconds, unless the page is hidden. What was had stays in
 * sight until the next answer; a refusal replaces it.
 */
export const useAsked = <T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  repeat: boolean,
): Asked<T> => {
  const [asked, show] = useState<{ readonly key: string; readonly now: Asked<T> }>();
  useEffect(() => {
    const end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          show({ key, now: { is: "had", value: await ask(end.signal) } });
        } catch (error) {
          if (end.signal.aborted) return;
          if (!(error instanceof PeerNetError)) throw error;
          show({ key, now: { is: "refused", error } });
        }
      }
      if (repeat && !end.signal.aborted) timer = setTimeout(look, againMs);
    };
    void look();
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [key]);
  return asked?.key === key ? asked.now : { is: "asking" };
};
