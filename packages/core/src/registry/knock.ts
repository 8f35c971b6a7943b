// SPDX-License-Identifier: MIT
/**
 * The life of a knock, as pure rules: pending, delivered, then answered, rejected, expired or cancelled, once.
 */
import type { Millis } from "../ports.ts";
import { type Refusal, refusal } from "../refusal.ts";
import { ufrags } from "../sdp.ts";
import { type CandidateRecord, isOver, type KnockRecord } from "./records.ts";

/** Candidates of one side of a knock. Browsers gather fewer. */
export const candidatesMax = 64;

/** How long a knock that is over can still be read, by whoever asks late. Milliseconds. 30 s: one long poll. */
export const lingerMs: Millis = 30_000;

export interface Answer {
  readonly answer?: { readonly type: string; readonly sdp: string };
  readonly candidates: readonly CandidateRecord[];
  readonly complete: boolean;
  /** Given instead of an answer: no, and why. */
  readonly rejectReason?: string;
}

const touched = (knock: KnockRecord, change: Partial<KnockRecord>): KnockRecord => ({
  ...knock,
  ...change,
  generation: knock.generation + 1,
});

/** What it is at this time: one that nobody answered in time is expired, whether or not anybody wrote that down. */
export const asOf = (knock: KnockRecord, now: Millis): KnockRecord =>
  !isOver(knock) && now >= knock.expiresAt ? touched(knock, { state: "expired" }) : knock;

/** It is handed to the answering side in this batch. Handing it out again changes nothing. */
export const delivered = (knock: KnockRecord, batch: number): KnockRecord =>
  knock.handed === undefined ? touched(knock, { state: "delivered", handed: batch }) : knock;

/** The first answer stands; the same one again is no error, so that a lost response can be asked for anew. */
export const answered = (knock: KnockRecord, given: Answer, now: Millis): KnockRecord | Refusal => {
  const current = asOf(knock, now);
  const rejects = given.answer === undefined;
  if (current.state === "answered" || current.state === "rejected") {
    const same = rejects
      ? current.state === "rejected" && current.rejectReason === (given.rejectReason ?? "")
      : current.answer?.sdp === given.answer?.sdp && current.answer?.type === given.answer?.type;
    return same ? current : refusal("already-answered");
  }
  if (isOver(current)) return refusal("knock-over", `It is ${current.state}.`);
  if (rejects) {
    return touched(current, {
      state: "rejected",
      rejectReason: given.rejectReason ?? "",
      expiresAt: now + lingerMs,
    });
  }
  const answer = given.answer;
  if (answer === undefined) return refusal("malformed");
  const candidates = merged([], given.candidates, answer.sdp);
  if (typeof candidates === "string") return refusal("too-large", candidates);
  return touched(current, {
    state: "answered",
    answer,
    answerCandidates: candidates,
    answerComplete: given.complete,
    expiresAt: now + lingerMs,
  });
};

/** Whoever knocked takes it back. A knock that is over stays what it is. */
export const cancelled = (knock: KnockRecord, now: Millis): KnockRecord => {
  const current = asOf(knock, now);
  return isOver(current) ? current : touched(current, { state: "cancelled", expiresAt: now + lingerMs });
};

/**
 * Later candidates of one side (RFC 8838). Those of another ICE generation than the description's are dropped, and so
 * are repetitions. Answered knocks still take them; otherwise over ones refuse.
 */
export const withCandidates = (
  knock: KnockRecord,
  side: "offer" | "answer",
  given: readonly CandidateRecord[],
  complete: boolean,
  now: Millis,
): KnockRecord | Refusal => {
  const current = asOf(knock, now);
  if (isOver(current) && current.state !== "answered")
    return refusal("knock-over", `It is ${current.state}.`);
  const description = side === "offer" ? current.offer : current.answer;
  if (description === undefined) return refusal("not-answered");
  const before = side === "offer" ? current.offerCandidates : current.answerCandidates;
  const candidates = merged(before, given, description.sdp);
  if (typeof candidates === "string") return refusal("too-large", candidates);
  const ends = complete || given.some((candidate) => candidate.candidate === "");
  const wasComplete = side === "offer" ? current.offerComplete : current.answerComplete;
  if (candidates.length === before.length && ends === wasComplete) return current;
  return side === "offer"
    ? touched(current, { offerCandidates: candidates, offerComplete: ends || wasComplete })
    : touched(current, { answerCandidates: candidates, answerComplete: ends || wasComplete });
};

const merged = (
  before: readonly CandidateRecord[],
  given: readonly CandidateRecord[],
  sdp: string,
): readonly CandidateRecord[] | string => {
  const current = ufrags(sdp);
  const all = [...before];
  for (const candidate of given) {
    if (candidate.candidate === "") continue;
    const { usernameFragment } = candidate;
    if (
      usernameFragment !== undefined &&
      usernameFragment !== "" &&
      current.length > 0 &&
      !current.includes(usernameFragment)
    )
      continue;
    const known = all.some(
      (other) =>
        other.candidate === candidate.candidate &&
        other.sdpMid === candidate.sdpMid &&
        other.sdpMLineIndex === candidate.sdpMLineIndex,
    );
    if (!known) all.push(candidate);
  }
  return all.length > candidatesMax ? `At most ${candidatesMax} candidates on each side.` : all;
};
