// SPDX-License-Identifier: MIT
/**
 * What a page tells of sleep and network: a line is tried again at once when either comes back, and a page that goes
 * says goodbye, so that its id is free for the next one. In Node there is nothing to hear.
 */
export const watchPage = (came: () => void, went: () => void): (() => void) => {
  if (typeof addEventListener !== "function") return () => {};
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener("online", came, { signal });
  // A page that may be shown again from the back/forward cache is only asleep.
  addEventListener("pagehide", (event) => event.persisted || went(), { signal });
  if (typeof document !== "undefined") {
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && came(), {
      signal,
    });
  }
  return () => stop.abort();
};
