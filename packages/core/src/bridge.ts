// SPDX-License-Identifier: MIT
/**
 * The bridge between peers whose dialects negotiate differently: a pure machine for one call, at the receiving end.
 *
 * It sees to it that descriptions precede their candidates, that a repeated offer is told once, that the first answer
 * stands, and that a peer that takes complete descriptions only gets the trickled candidates folded in (RFC 8838
 * half trickle, RFC 8840). It reads traits, never a dialect's name.
 */
import type { SessionId } from "./ids.ts";
import type { Traits } from "./member.ts";
import type { Millis } from "./ports.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { fold, hasCandidates, kinds, type TrickledCandidate, ufrags } from "./sdp.ts";
import type { Meaning } from "./signal.ts";

/** A description for a complete-only peer goes out when, after a first candidate, none came for this long. Browsers pause less between two. */
export const quietMs: Millis = 300;
/** … and after this long at most: a STUN server that does not answer delays the last candidate for seconds. */
export const foldMs: Millis = 2_000;

/** Candidates that came before their description wait this long for it: longer than any reordering, shorter than a retry of a retry. */
export const earlyMs: Millis = 30_000;

type Description = Extract<Meaning, { readonly kind: "offer" | "answer" }>;
type Candidate = Extract<Meaning, { readonly kind: "candidate" }>;

/** One sender of a call. With shared ids several answer, each its own leg. */
export interface Leg<Tag> {
  /** A description of this leg has been passed on. */
  readonly described: boolean;
  readonly lastOffer: string | undefined;
  readonly lastAnswer: string | undefined;
  /** A description that waits for candidates, and the tags of those it took the place of. */
  readonly held:
    | {
        readonly description: Description;
        readonly tags: readonly Tag[];
        readonly since: Millis;
        /** When its last candidate came; undefined while none did. */
        readonly quietSince: Millis | undefined;
      }
    | undefined;
  /** Candidates that wait: for their description, or to be folded in. */
  readonly candidates: readonly { readonly candidate: Candidate; readonly tag: Tag }[];
  /** The end of the candidates came before their description, and waits for it too. */
  readonly ended: { readonly tag: Tag } | undefined;
  /** Since when something waits for a description. */
  readonly earlySince: Millis | undefined;
}

/** State of one call at one receiving session. `Tag` is whatever the caller wants back with each signal. */
export interface Call<Tag> {
  readonly legs: ReadonlyMap<SessionId, Leg<Tag>>;
  readonly answeredBy: SessionId | undefined;
}

export const newCall = <Tag>(): Call<Tag> => ({ legs: new Map(), answeredBy: undefined });

export interface Passed<Tag> {
  readonly meaning: Meaning;
  /** Tags of all signals that are in it, or whose place it took. Never empty. */
  readonly tags: readonly Tag[];
}

/** A signal that goes no further, and why. `undefined`: nothing was lost by that, the receiver has been told already. */
interface Stopped<Tag> {
  readonly tag: Tag;
  readonly why: Refusal | undefined;
}

export interface Bridged<Tag> {
  readonly call: Call<Tag>;
  readonly passed: readonly Passed<Tag>[];
  readonly stopped: readonly Stopped<Tag>[];
  /** The call is over: nothing is held any more. */
  readonly over: boolean;
}

interface Input<Tag> {
  readonly meaning: Exclude<Meaning, { readonly kind: "opaque" }>;
  readonly tag: Tag;
  readonly from: { readonly session: SessionId; readonly protocol: string; readonly traits: Traits };
  readonly to: { readonly protocol: string; readonly traits: Traits };
  /** At most so many candidates wait on a leg, so many tags go with a description, and so many legs are remembered. */
  readonly heldMax: number;
  readonly now: Millis;
}

const noLeg = {
  described: false,
  lastOffer: undefined,
  lastAnswer: undefined,
  held: undefined,
  candidates: [],
  ended: undefined,
  earlySince: undefined,
} as const;

/** Takes one signal of the call in. */
export const bridge = <Tag>(call: Call<Tag>, input: Input<Tag>): Bridged<Tag> => {
  const { meaning, tag, from } = input;
  const known = call.legs.get(from.session);
  const leg: Leg<Tag> = known ?? noLeg;
  const stop = (why: Refusal | undefined): Bridged<Tag> => ({
    call,
    passed: [],
    stopped: [{ tag, why }],
    over: false,
  });
  if (call.answeredBy !== undefined && call.answeredBy !== from.session && meaning.kind !== "offer") {
    return stop(refusal("answered-elsewhere"));
  }
  if (meaning.kind === "bye") return ended(call, leg, input);
  if (known === undefined && call.legs.size >= input.heldMax) return stop(refusal("mailbox-full"));
  switch (meaning.kind) {
    case "offer":
    case "answer":
      if (meaning.sdp === (meaning.kind === "offer" ? leg.lastOffer : leg.lastAnswer))
        return repeated(call, leg, input);
      return described(
        meaning.kind === "answer" ? { ...call, answeredBy: from.session } : call,
        leg,
        input,
        meaning,
      );
    case "candidate":
      return withCandidate(call, leg, input, meaning);
    case "end-of-candidates":
      return withEnd(call, leg, input);
  }
};

/** Nothing in common to send over, stated in words; undefined where there is something. */
export const mismatch = (
  sdp: string,
  to: { readonly protocol: string; readonly traits: Traits },
): Refusal | undefined => {
  const offered = kinds(sdp);
  if (offered.length === 0 || offered.some((kind) => to.traits.media.includes(kind))) return undefined;
  const able = to.traits.media.length === 0 ? "nothing" : words(to.traits.media);
  return refusal("media-mismatch", `A ${to.protocol} peer takes ${able}; this offer has ${words(offered)}.`);
};

const names = { audio: "audio", video: "video", application: "a data channel" } as const;
const words = (list: readonly (keyof typeof names)[]): string => {
  const spelled = list.map((kind) => names[kind]);
  return spelled.length === 1
    ? `${spelled[0]} only`
    : `${spelled.slice(0, -1).join(", ")} and ${spelled.at(-1)} only`;
};

const withLeg = <Tag>(call: Call<Tag>, session: SessionId, leg: Leg<Tag>): Call<Tag> => ({
  ...call,
  legs: new Map(call.legs).set(session, leg),
});

const withoutLeg = <Tag>(call: Call<Tag>, session: SessionId): Call<Tag> => {
  const legs = new Map(call.legs);
  legs.delete(session);
  return { ...call, legs };
};

/** A retry: it shares the fate of the first one where that still waits, and is not told again where it was passed on. */
const repeated = <Tag>(call: Call<Tag>, leg: Leg<Tag>, { from, tag, heldMax }: Input<Tag>): Bridged<Tag> => {
  if (leg.held === undefined) return { call, passed: [], stopped: [{ tag, why: undefined }], over: false };
  if (leg.held.tags.length >= heldMax)
    return { call, passed: [], stopped: [{ tag, why: refusal("mailbox-full") }], over: false };
  const held = { ...leg.held, tags: [...leg.held.tags, tag] };
  return { call: withLeg(call, from.session, { ...leg, held }), passed: [], stopped: [], over: false };
};

/** `bye`: what this leg still holds goes first; the call is over when nobody else can take it up. */
const ended = <Tag>(call: Call<Tag>, leg: Leg<Tag>, { from, meaning, tag }: Input<Tag>): Bridged<Tag> => {
  const rest = withoutLeg(call, from.session);
  const over = call.answeredBy === from.session || rest.legs.size === 0;
  const unused = leg.held === undefined ? waiting(leg, undefined) : [];
  const others = over
    ? [...rest.legs.values()].flatMap((other) => waiting(other, refusal("answered-elsewhere")))
    : [];
  return {
    call: over ? newCall() : rest,
    passed: [...folded(leg), { meaning, tags: [tag] }],
    stopped: [...unused, ...others],
    over,
  };
};

/** All that waits on a leg, with a reason to stop it. */
const waiting = <Tag>(leg: Leg<Tag>, why: Refusal | undefined): readonly Stopped<Tag>[] => [
  ...(leg.held?.tags ?? []).map((tag) => ({ tag, why })),
  ...leg.candidates.map(({ tag }) => ({ tag, why })),
  ...(leg.ended === undefined ? [] : [{ tag: leg.ended.tag, why }]),
];

/** All that waits in a call that is given up, with the reason. */
export const abandon = <Tag>(call: Call<Tag>, why: Refusal): readonly Stopped<Tag>[] =>
  [...call.legs.values()].flatMap((leg) => waiting(leg, why));

const described = <Tag>(
  call: Call<Tag>,
  leg: Leg<Tag>,
  input: Input<Tag>,
  description: Description,
): Bridged<Tag> => {
  const { from, to, tag, now, heldMax } = input;
  if (description.kind === "offer") {
    const no = mismatch(description.sdp, to);
    if (no !== undefined) return { call, passed: [], stopped: [{ tag, why: no }], over: false };
  }
  // A newer description takes the place of one that still waits; candidates of another generation go with it.
  const current = ufrags(description.sdp);
  const fits = (item: { readonly candidate: Candidate }) =>
    item.candidate.usernameFragment == null ||
    current.length === 0 ||
    current.includes(item.candidate.usernameFragment);
  const candidates = leg.candidates.filter(fits);
  const given = [
    tag,
    ...(leg.held?.tags ?? []),
    ...leg.candidates.filter((item) => !fits(item)).map((item) => item.tag),
  ];
  const tags = given.slice(0, heldMax);
  const surplus = given.slice(heldMax).map((old) => ({ tag: old, why: refusal("mailbox-full") }));
  const next: Leg<Tag> = {
    ...leg,
    ...(description.kind === "offer" ? { lastOffer: description.sdp } : { lastAnswer: description.sdp }),
    earlySince: undefined,
  };

  const mayWait =
    to.traits.takes === "complete" &&
    from.traits.gives !== "complete" &&
    !(from.traits.gives === "after-answer" && description.kind === "offer");
  if (mayWait) {
    const any = candidates.length > 0 || hasCandidates(description.sdp);
    const held = { description, tags, since: now, quietSince: any ? now : undefined };
    const holding = { ...next, held, candidates };
    if (leg.ended !== undefined) return { ...sendHeld(call, from.session, holding), stopped: surplus };
    return { call: withLeg(call, from.session, holding), passed: [], stopped: surplus, over: false };
  }
  const done: Leg<Tag> = { ...next, described: true, held: undefined, candidates: [], ended: undefined };
  const bridged = { call: withLeg(call, from.session, done), over: false };
  const first: Passed<Tag> = { meaning: description, tags };
  if (to.traits.takes === "complete") {
    const late = waiting({ ...noLeg, candidates, ended: leg.ended }, tooLate());
    return { ...bridged, passed: [first], stopped: [...surplus, ...late] };
  }
  const rest: Passed<Tag>[] = candidates.map((item) => ({ meaning: item.candidate, tags: [item.tag] }));
  if (leg.ended !== undefined) {
    rest.push({ meaning: { kind: "end-of-candidates", call: description.call }, tags: [leg.ended.tag] });
  }
  return { ...bridged, passed: [first, ...rest], stopped: surplus };
};

const tooLate = () => refusal("not-understood", "It takes no candidates after its description.");

const withCandidate = <Tag>(
  call: Call<Tag>,
  leg: Leg<Tag>,
  input: Input<Tag>,
  candidate: Candidate,
): Bridged<Tag> => {
  const { from, to, tag, now } = input;
  if (candidate.candidate === "") return withEnd(call, leg, input);
  if (leg.described && leg.held === undefined) {
    return to.traits.takes === "trickle"
      ? { call, passed: [{ meaning: candidate, tags: [tag] }], stopped: [], over: false }
      : { call, passed: [], stopped: [{ tag, why: tooLate() }], over: false };
  }
  if (leg.candidates.length >= input.heldMax) {
    return { call, passed: [], stopped: [{ tag, why: refusal("mailbox-full") }], over: false };
  }
  const held = leg.held === undefined ? undefined : { ...leg.held, quietSince: now };
  const earlySince = held === undefined ? (leg.earlySince ?? now) : undefined;
  const next: Leg<Tag> = { ...leg, held, earlySince, candidates: [...leg.candidates, { candidate, tag }] };
  return { call: withLeg(call, from.session, next), passed: [], stopped: [], over: false };
};

const withEnd = <Tag>(call: Call<Tag>, leg: Leg<Tag>, input: Input<Tag>): Bridged<Tag> => {
  const { from, to, tag, meaning, now } = input;
  const end: Leg<Tag> = { ...leg, ended: { tag } };
  if (leg.held !== undefined) return sendHeld(call, from.session, end);
  // What it says was folded in with the description, or came before.
  if (leg.ended !== undefined || (leg.described && to.traits.takes === "complete")) {
    return { call, passed: [], stopped: [{ tag, why: undefined }], over: false };
  }
  if (!leg.described) {
    const next = { ...end, earlySince: leg.earlySince ?? now };
    return { call: withLeg(call, from.session, next), passed: [], stopped: [], over: false };
  }
  return {
    call,
    passed: [{ meaning: { kind: "end-of-candidates", call: meaning.call }, tags: [tag] }],
    stopped: [],
    over: false,
  };
};

/** The held description with what was gathered for it, where there is one. */
const folded = <Tag>(leg: Leg<Tag>): readonly Passed<Tag>[] => {
  if (leg.held === undefined) return [];
  const list: TrickledCandidate[] = leg.candidates.map((item) => item.candidate);
  // Whatever was not gathered by now will never reach this peer, so for it the list has ended.
  const meaning: Meaning = { ...leg.held.description, sdp: fold(leg.held.description.sdp, list, true) };
  return [{ meaning, tags: waiting(leg, undefined).map(({ tag }) => tag) }];
};

const sendHeld = <Tag>(call: Call<Tag>, session: SessionId, leg: Leg<Tag>): Bridged<Tag> => {
  const next: Leg<Tag> = { ...leg, described: true, held: undefined, candidates: [], ended: undefined };
  return { call: withLeg(call, session, next), passed: folded(leg), stopped: [], over: false };
};

const dueOf = <Tag>(leg: Leg<Tag>): Millis | undefined => {
  if (leg.held !== undefined) {
    const { since, quietSince = Number.POSITIVE_INFINITY } = leg.held;
    return Math.min(quietSince + quietMs, since + foldMs);
  }
  return leg.earlySince === undefined ? undefined : leg.earlySince + earlyMs;
};

/** When the call wants `ripen`: the earliest moment at which something that waits has waited long enough. */
export const ripensAt = <Tag>(call: Call<Tag>): Millis | undefined => {
  let earliest: Millis | undefined;
  for (const leg of call.legs.values()) {
    const due = dueOf(leg);
    if (due !== undefined && (earliest === undefined || due < earliest)) earliest = due;
  }
  return earliest;
};

/** Lets go of every held description whose time has come, and gives up on candidates whose description did not come. */
export const ripen = <Tag>(call: Call<Tag>, now: Millis): Bridged<Tag> => {
  let current = call;
  const passed: Passed<Tag>[] = [];
  const stopped: Stopped<Tag>[] = [];
  for (const [session, leg] of call.legs) {
    if ((dueOf(leg) ?? Number.POSITIVE_INFINITY) > now) continue;
    if (leg.held === undefined) {
      current = withoutLeg(current, session);
      stopped.push(...waiting(leg, refusal("expired", "The description it belongs to did not come.")));
    } else {
      const sent = sendHeld(current, session, leg);
      current = sent.call;
      passed.push(...sent.passed);
    }
  }
  return { call: current, passed, stopped, over: current.legs.size === 0 };
};
