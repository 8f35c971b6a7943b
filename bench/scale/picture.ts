// SPDX-License-Identifier: MIT
/** How many peers it takes to fill each bound, as a picture (SVG). */
import { boundsOf, peersUntil } from "./bounds.ts";
import { type Ground, type Load, type MeasuredCosts, needsOf } from "./model.ts";
import { peersShown } from "./tables.ts";

/** Pixels. */
const left = 330;
const width = 960;
const top = 56;
const rowHeight = 34;
/** Peers at both ends of the scale, as powers of ten. */
const from = 5;
const to = 9;

const placeOf = (peers: number): number =>
  left + ((Math.min(Math.max(Math.log10(peers), from), to) - from) / (to - from)) * (width - left - 90);

const heading = "How many peers fill what does not grow with more machines";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("`", "");

export const boundsPicture = (load: Load, ground: Ground, costs: MeasuredCosts): string => {
  const needs = (given: Load) => needsOf(given, ground, costs);
  const rows = boundsOf(load, ground, needs(load))
    .filter(({ by }) => by === "peers")
    .map(({ what }) => ({ what, peers: peersUntil(what, load, ground, needs) }))
    .toSorted((a, b) => a.peers - b.peers);
  const height = top + rows.length * rowHeight + 16;
  const marks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t" font-family="system-ui, sans-serif" font-size="13">`,
    `<title id="t">${heading}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600">${heading}</text>`,
    ...marks.map((peers) => {
      const x = placeOf(peers).toFixed(0);
      return `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${height - 12}" stroke="#ddd"/><text x="${x}" y="${top - 14}" text-anchor="middle" fill="#666">${peersShown(peers)}</text>`;
    }),
    ...rows.map(({ what, peers }, index) => {
      const y = top + index * rowHeight;
      const end = placeOf(peers);
      const told =
        peers > 10 ** to ? `more than ${peersShown(10 ** to)}` : peersShown(Number(peers.toPrecision(2)));
      return `<text x="${left - 10}" y="${y + 19}" text-anchor="end">${escaped(what.split(":")[0] ?? what)}</text><rect x="${left}" y="${y + 5}" width="${(end - left).toFixed(0)}" height="20" rx="3" fill="${peers < 1e7 ? "#c8553d" : "#3d7ac8"}"/><text x="${(end + 6).toFixed(0)}" y="${y + 19}" fill="#333">${told}</text>`;
    }),
    "</svg>",
    "",
  ].join("\n");
};
