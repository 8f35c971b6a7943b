// SPDX-License-Identifier: MIT
/** What the browser and the address of the page allow. */

/** Can this page ask for a camera or a microphone? Browsers hide mediaDevices outside a secure context. */
export const hasCapture = (): boolean => "mediaDevices" in navigator && navigator.mediaDevices !== undefined;

/** The folder the page was served from: everything of the server lies below it. */
const base = (): URL => new URL("./", window.location.href);

/** The signaling address of the server that served this page. */
export const signalingUrl = (): string => {
  const url = base();
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return url.href;
};

/** The link that leads others into a room. */
export const roomLink = (room: string): string => {
  const url = base();
  url.hash = "";
  url.search = new URLSearchParams({ room }).toString();
  return url.href;
};

/** Does the address of this page mean the machine itself, so that no other one can use it? */
export const isOwnMachine = (): boolean =>
  /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(window.location.hostname);

export const roomOfAddress = (): string | undefined =>
  new URLSearchParams(window.location.search).get("room") ?? undefined;

/** Puts the room into the address bar, so that a reload or a copied address leads back to it. */
export const showRoomInAddress = (room: string | undefined): void => {
  const url = new URL(window.location.href);
  if (room === undefined) url.searchParams.delete("room");
  else url.searchParams.set("room", room);
  window.history.replaceState(null, "", url);
};
