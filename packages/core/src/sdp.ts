// SPDX-License-Identifier: MIT
/**
 * The one file that looks inside a session description (RFC 8866, RFC 9429). To everyone else it is opaque text.
 * All functions are total: on text that is no SDP they find nothing and change nothing.
 */
import type { MediaKind } from "./member.ts";

interface Section {
  readonly kind: string;
  readonly port: string;
  /** Line numbers: of its `m=` line, and of the first line after it. */
  readonly from: number;
  readonly to: number;
  readonly mid: string | undefined;
  readonly ufrag: string | undefined;
  readonly bundleOnly: boolean;
}

interface Outline {
  readonly lines: readonly string[];
  readonly eol: string;
  readonly sections: readonly Section[];
  /** Mids of the first BUNDLE group (RFC 9143), in its order. */
  readonly bundle: readonly string[];
  readonly sessionUfrag: string | undefined;
}

const valueAfter = (
  lines: readonly string[],
  from: number,
  to: number,
  prefix: string,
): string | undefined => {
  for (let index = from; index < to; index += 1) {
    const line = lines[index];
    if (line?.startsWith(prefix)) return line.slice(prefix.length);
  }
  return undefined;
};

const outline = (sdp: string): Outline => {
  const eol = sdp.includes("\r\n") ? "\r\n" : "\n";
  const lines = sdp.split(eol);
  if (lines.at(-1) === "") lines.pop();
  const starts: number[] = [];
  lines.forEach((line, index) => {
    if (line.startsWith("m=")) starts.push(index);
  });
  const head = starts[0] ?? lines.length;
  const sections = starts.map((from, index): Section => {
    const to = starts[index + 1] ?? lines.length;
    const [kind = "", port = ""] = (lines[from] ?? "").slice(2).split(" ");
    return {
      kind,
      port,
      from,
      to,
      mid: valueAfter(lines, from, to, "a=mid:"),
      ufrag: valueAfter(lines, from, to, "a=ice-ufrag:"),
      bundleOnly: lines.slice(from, to).includes("a=bundle-only"),
    };
  });
  const group = valueAfter(lines, 0, head, "a=group:BUNDLE ");
  return {
    lines,
    eol,
    sections,
    bundle: group === undefined ? [] : group.trim().split(/ +/),
    sessionUfrag: valueAfter(lines, 0, head, "a=ice-ufrag:"),
  };
};

const isMediaKind = (kind: string): kind is MediaKind =>
  kind === "audio" || kind === "video" || kind === "application";

/** The kinds of its sections that are not rejected (port 0 without `a=bundle-only`), each once, in order. */
export const kinds = (sdp: string): readonly MediaKind[] => {
  const live = outline(sdp).sections.filter((section) => section.port !== "0" || section.bundleOnly);
  return [...new Set(live.map((section) => section.kind).filter(isMediaKind))];
};

/** All ICE user name fragments in it, each once, in order: what tells one ICE generation from another. */
export const ufrags = (sdp: string): readonly string[] => {
  const { lines } = outline(sdp);
  const prefix = "a=ice-ufrag:";
  return [
    ...new Set(lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))),
  ];
};

/** The DTLS role in its first section that has one (RFC 8842). */
export const setup = (sdp: string): string | undefined => {
  const { lines } = outline(sdp);
  return valueAfter(lines, 0, lines.length, "a=setup:");
};

/** Does it carry at least one candidate? */
export const hasCandidates = (sdp: string): boolean => /(?:^|\n)a=candidate:/.test(sdp);

/** A trickled candidate, as in RTCIceCandidateInit. */
export interface TrickledCandidate {
  readonly candidate: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

/**
 * Puts trickled candidates into the description they belong to (RFC 8840 half trickle).
 *
 * Bundled sections share one transport, so candidates of the first one in the group go there and those of the
 * others are dropped; a section outside the group gets its own. Candidates of another ICE generation, repetitions
 * and what is no candidate are dropped. `ended` also writes `a=end-of-candidates`, but never where there is no candidate: a
 * stack that reads "ended" with none gives up at once (aioice 0.9).
 */
export const fold = (sdp: string, candidates: readonly TrickledCandidate[], ended: boolean): string => {
  const plan = outline(sdp);
  const first =
    plan.sections.find((section) => section.mid !== undefined && section.mid === plan.bundle[0]) ??
    plan.sections[0];
  if (first === undefined) return sdp;
  const added = new Map<Section, string[]>();
  for (const given of candidates) {
    const line = lineOf(given);
    if (line === undefined) continue;
    const section = sectionOf(plan, first, given);
    if (section === undefined) continue;
    const ufrag = section.ufrag ?? plan.sessionUfrag;
    if (given.usernameFragment != null && ufrag !== undefined && given.usernameFragment !== ufrag) continue;
    const own = added.get(section) ?? [];
    if (own.includes(line) || plan.lines.slice(section.from, section.to).includes(line)) continue;
    own.push(line);
    added.set(section, own);
  }
  const out: string[] = plan.lines.slice(0, plan.sections[0]?.from ?? plan.lines.length);
  for (const section of plan.sections) {
    const body = plan.lines.slice(section.from, section.to);
    const more = added.get(section) ?? [];
    const any = more.length > 0 || body.some((line) => line.startsWith("a=candidate:"));
    const closes = ended && any && !body.includes("a=end-of-candidates");
    out.push(...body, ...more, ...(closes ? ["a=end-of-candidates"] : []));
  }
  return out.join(plan.eol) + plan.eol;
};

/** The attribute line of a candidate; undefined where the text is no candidate. It never becomes more than one line. */
const lineOf = (given: TrickledCandidate): string | undefined => {
  const line = given.candidate.replace(/^a=/, "").replace(/[\r\n].*/s, "");
  return line.startsWith("candidate:") ? `a=${line}` : undefined;
};

const sectionOf = (plan: Outline, first: Section, given: TrickledCandidate): Section | undefined => {
  const named =
    given.sdpMid != null && given.sdpMid !== ""
      ? plan.sections.find((section) => section.mid === given.sdpMid)
      : given.sdpMLineIndex != null
        ? plan.sections[given.sdpMLineIndex]
        : first;
  if (named === undefined) return undefined;
  const bundled = named.mid !== undefined && plan.bundle.includes(named.mid);
  return bundled && named !== first ? undefined : named;
};
