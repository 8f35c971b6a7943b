// SPDX-License-Identifier: MIT
/** What the page keeps in this browser: the last room and name. Nothing where storage is forbidden. */

const keys = { room: "signalbox.room", name: "signalbox.name" } as const;

export const recall = (what: keyof typeof keys): string | undefined => {
  try {
    return window.localStorage.getItem(keys[what]) ?? undefined;
  } catch {
    // Storage is forbidden here (a setting of the browser): the page works without its memory.
    return undefined;
  }
};

export const remember = (what: keyof typeof keys, value: string): void => {
  try {
    window.localStorage.setItem(keys[what], value);
  } catch {
    // As above.
  }
};

const stayKey = "signalbox.inside";

/** The room this tab is in, for a reload; not for other tabs. */
export const recallStay = (): string | undefined => {
  try {
    return window.sessionStorage.getItem(stayKey) ?? undefined;
  } catch {
    // As above.
    return undefined;
  }
};

export const rememberStay = (room: string | undefined): void => {
  try {
    if (room === undefined) window.sessionStorage.removeItem(stayKey);
    else window.sessionStorage.setItem(stayKey, room);
  } catch {
    // As above.
  }
};
