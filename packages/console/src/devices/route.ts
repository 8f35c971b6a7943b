// SPDX-License-Identifier: MIT
/** Where on the page one is, as the fragment of its address says: it reaches no server and no log. */
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { readonly at: "list"; readonly room: string | undefined }
  /** Looking at a service, `servers/{server}/services/{service}`. */
  | { readonly at: "view"; readonly service: string }
  /** Being a device: a folder, a camera. */
  | { readonly at: "offer"; readonly protocol: string };

const id = "[a-z0-9-]{1,63}";
const service = new RegExp(`^servers/${id}/services/${id}$`);

export const parseRoute = (hash: string): Route => {
  const text = hash.replace(/^#/, "");
  const [, kind, rest = ""] = /^(view|offer|room)\/(.*)$/.exec(text) ?? [];
  if (kind === "view" && service.test(rest)) return { at: "view", service: rest };
  if (kind === "offer" && rest !== "") return { at: "offer", protocol: rest };
  return { at: "list", room: kind === "room" && new RegExp(`^${id}$`).test(rest) ? rest : undefined };
};

export const viewLink = (name: string): string => `#view/${name}`;
export const offerLink = (protocol: string): string => `#offer/${protocol}`;
export const roomLink = (room: string): string => (room === "" ? "#" : `#room/${room}`);

export const useRoute = (): Route => {
  const [hash, show] = useState(window.location.hash);
  useEffect(() => {
    const look = () => show(window.location.hash);
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  return parseRoute(hash);
};
