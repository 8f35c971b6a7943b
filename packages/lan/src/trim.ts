// SPDX-License-Identifier: MIT
/**
 * Makes a session description (RFC 8866) smaller without changing what it can lead to on a local network: what is left
 * out is never more than what another line already says, or what the other side can do without.
 *
 * Only the text that is sent is trimmed, not what its maker applied: an offer may hold less than its maker could do, for the
 * answer says what both do.
 */

/** One thing that can be left out, in the words told to the user. */
export interface Trim {
  readonly what: string;
  readonly apply: (sdp: string) => string;
  /** What is agreed by the answer may not be left out of it: its maker would go on using it. */
  readonly offersOnly?: true;
}

const eolOf = (sdp: string): string => (sdp.includes("\r\n") ? "\r\n" : "\n");

/** The session part, and one part for each `m=` line, as lines. */
const sectionsOf = (sdp: string): readonly (readonly string[])[] => {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/\r?\n/)) {
    if (line === "") continue;
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
};

const joined = (sections: readonly (readonly string[])[], sdp: string): string =>
  `${sections.flat().join(eolOf(sdp))}${eolOf(sdp)}`;

const eachSection =
  (
    change: (
      lines: readonly string[],
      index: number,
      all: readonly (readonly string[])[],
    ) => readonly string[],
  ) =>
  (sdp: string): string => {
    const sections = sectionsOf(sdp);
    return joined(sections.map(change), sdp);
  };

const isCandidate = (line: string): boolean => line.startsWith("a=candidate:");

/** Leaves candidates out, but never the last of a section that has any. */
const withoutCandidates = (unwanted: (fields: readonly string[]) => boolean) =>
  eachSection((lines) => {
    const kept = lines.filter((line) => !isCandidate(line) || !unwanted(line.slice(2).split(" ")));
    return lines.some(isCandidate) && !kept.some(isCandidate) ? lines : kept;
  });

/** `candidate:foundation component transport priority address port typ type …` (RFC 8839, 5.1). */
const addressOf = (fields: readonly string[]): string => fields[4] ?? "";
const typeOf = (fields: readonly string[]): string => fields[7] ?? "";

/** Bundled sections share the transport of the first one in the group (RFC 9143), so their own candidates say nothing new. */
const withoutBundledCandidates = eachSection((lines, index, all) => {
  if (index === 0) return lines;
  const group =
    all[0]
      ?.find((line) => line.startsWith("a=group:BUNDLE "))
      ?.split(" ")
      .slice(1) ?? [];
  const mid = lines.find((line) => line.startsWith("a=mid:"))?.slice(6);
  if (mid === undefined || mid === group[0] || !group.includes(mid)) return lines;
  return lines.filter((line) => !isCandidate(line) && line !== "a=end-of-candidates");
});

/** Codecs every WebRTC endpoint takes (RFC 7742, RFC 7874), the original's aiortc among them. */
const common = /^(?:VP8|opus|PCMU|PCMA)\//i;
const isBaselineH264 = (fmtp: string | undefined): boolean =>
  fmtp !== undefined && /profile-level-id=42e0/i.test(fmtp) && /packetization-mode=1/.test(fmtp);

const withoutRareCodecs = eachSection((lines, index) => {
  const [media = ""] = lines;
  if (index === 0 || !/^m=(?:audio|video) /.test(media)) return lines;
  const fmtps = new Map<string, string>();
  const names = new Map<string, string>();
  for (const line of lines) {
    const [, kind, payload = "", rest = ""] = /^a=(rtpmap|fmtp):(\d+) (.*)$/.exec(line) ?? [];
    if (kind === "rtpmap") names.set(payload, rest);
    if (kind === "fmtp") fmtps.set(payload, rest);
  }
  const wanted = new Set<string>();
  for (const [payload, name] of names) {
    const baseline = /^H264\//i.test(name) && isBaselineH264(fmtps.get(payload));
    if (common.test(name) || baseline) wanted.add(payload);
  }
  if (wanted.size === 0) return lines;
  for (const [payload, name] of names) {
    const base = /^apt=(\d+)/.exec(fmtps.get(payload) ?? "")?.[1];
    if (/^rtx\//i.test(name) && base !== undefined && wanted.has(base)) wanted.add(payload);
  }
  const fields = media.split(" ");
  const head = [...fields.slice(0, 3), ...fields.slice(3).filter((payload) => wanted.has(payload))].join(" ");
  const rest = lines.slice(1).filter((line) => {
    const payload = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1];
    return payload === undefined || wanted.has(payload);
  });
  return [head, ...rest];
});

/** All but the section's own id: without extensions a stream is only a little slower to adapt. */
const withoutExtensions = eachSection((lines) =>
  lines.filter(
    (line) =>
      !/^a=extmap(?:-allow-mixed)?/.test(line) || line.endsWith("urn:ietf:params:rtp-hdrext:sdes:mid"),
  ),
);

/** `a=msid` says the same for the whole section (RFC 8830); these lines are from before it. */
const withoutSourceDetails = eachSection((lines) =>
  lines.some((line) => line.startsWith("a=msid:"))
    ? lines.filter((line) => !/^a=ssrc:\d+ (?:msid|mslabel|label):/.test(line))
    : lines,
);

/** In the order in which they cost least. */
export const trims: readonly Trim[] = [
  { what: "candidates over TCP", apply: withoutCandidates((fields) => fields[2]?.toLowerCase() === "tcp") },
  { what: "candidates repeated for bundled sections", apply: withoutBundledCandidates },
  { what: "stream names told twice", apply: withoutSourceDetails },
  {
    what: "codecs other than VP8, H.264 baseline, Opus and G.711",
    apply: withoutRareCodecs,
    offersOnly: true,
  },
  { what: "RTP header extensions", apply: withoutExtensions, offersOnly: true },
  { what: "relayed candidates", apply: withoutCandidates((fields) => typeOf(fields) === "relay") },
  { what: "reflexive candidates", apply: withoutCandidates((fields) => typeOf(fields) === "srflx") },
  { what: "IPv6 candidates", apply: withoutCandidates((fields) => addressOf(fields).includes(":")) },
  {
    what: "loopback candidates",
    apply: withoutCandidates((fields) => /^(?:127\.|::1$)/.test(addressOf(fields))),
  },
];

/** Leaves out one thing after the other until the description fits; says what. It may still not fit then. */
export const trimToFit = (
  kind: "offer" | "answer",
  sdp: string,
  fits: (sdp: string) => boolean,
): { readonly sdp: string; readonly leftOut: readonly string[] } => {
  const leftOut: string[] = [];
  let current = sdp;
  for (const { what, apply, offersOnly } of trims) {
    if (fits(current)) break;
    if (kind === "answer" && offersOnly) continue;
    const next = apply(current);
    if (next === current) continue;
    leftOut.push(what);
    current = next;
  }
  return { sdp: current, leftOut };
};

/** What to do about a description that is too large even so. */
export const trimAdvice =
  "Offer fewer candidates (turn off interfaces or STUN and TURN servers the other side does not need; about twelve fit), fewer media sections, or fewer codecs.";
