// SPDX-License-Identifier: MIT
import { protocolTitle } from "./protocol.ts";

/** Outlines on a 40 grid, one for each protocol, so that the mark is told apart without its colour. */
const outlines: ReadonlyMap<string, string> = new Map([
  ["native", "M20 3a17 17 0 1 1 0 34 17 17 0 0 1 0-34Z"],
  ["flitter", "M20 2.5 37.5 20 20 37.5 2.5 20Z"],
  ["unrupt", "M5 4h30v17c0 8-6 13-15 16C11 34 5 29 5 21Z"],
  ["peerjs", "M4 4h32v32H4Z"],
]);
const hexagon = "M11 4h18l9 16-9 16H11L2 20Z";

/** The mark of a protocol: an enamel plate with its letter. Decoration; the name stands beside it in words. */
export const Plate = ({ protocol }: { readonly protocol: string }) => (
  <svg
    class={`plate plate-${outlines.has(protocol) ? protocol : "other"}`}
    viewBox="0 0 40 40"
    aria-hidden="true"
    focusable="false"
  >
    <path d={outlines.get(protocol) ?? hexagon} />
    <text x="20" y="26" text-anchor="middle">
      {protocol === "" ? "?" : protocolTitle(protocol).slice(0, 1)}
    </text>
  </svg>
);
