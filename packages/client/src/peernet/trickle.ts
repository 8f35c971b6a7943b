// SPDX-License-Identifier: MIT
/**
 * Candidates of a knock. Descriptions go out as complete as a short wait makes them (RFC 8838: half trickle); what is
 * found later follows, in both directions, until the connection stands.
 */
import { createAlarm } from "../alarm.ts";
import { type RemoteCandidates, remoteCandidates } from "../candidates.ts";
import type { Clock } from "../clock.ts";
import { gathered } from "../gathering.ts";
import type { CandidateInit } from "../wire.ts";
import type { PeerNetError } from "./failure.ts";
import { type Asking, type Ground, seconds } from "./request.ts";
import { type Description, fieldsOf, type Knock, type KnockSide, parseKnock } from "./wire.ts";

/** With some candidates at hand, wait this long for more. Milliseconds: a STUN answer takes less, and later ones follow. */
const patienceMs = 500;

/** Longest wait for the other side's next candidates. Milliseconds. Knocks that are over can be read for 30 s. */
const followMs = 25_000;

/** Candidates of one side: as many as the server takes. */
const candidatesMax = 64;

export interface OwnDescription {
  readonly description: Description;
  readonly complete: boolean;
  /** Sends what is found later. Stops with the signal, or once the connection stands. */
  follow(send: (candidates: readonly CandidateInit[], complete: boolean) => Promise<unknown>): void;
}

const isSettled = ({ connectionState }: RTCPeerConnection): boolean =>
  connectionState === "connected" || connectionState === "closed" || connectionState === "failed";

/** The local description, which was just set, once it is good enough to be sent. */
export const ownDescription = async (
  pc: RTCPeerConnection,
  clock: Clock,
  signal: AbortSignal,
): Promise<OwnDescription> => {
  const alarm = createAlarm(clock);
  await Promise.race([gathered(pc, alarm, patienceMs), aborted(signal)]);
  alarm.stop();
  signal.throwIfAborted();
  const local = pc.localDescription;
  const later: CandidateInit[] = [];
  let complete = pc.iceGatheringState === "complete";
  const told = complete;
  let changed = () => {};
  const take = ({ candidate }: RTCPeerConnectionIceEvent) => {
    if (candidate === null || candidate.candidate === "") complete = true;
    else if (later.length < candidatesMax) later.push(candidate.toJSON() as CandidateInit);
    changed();
  };
  if (!told) {
    pc.addEventListener("icecandidate", take);
    signal.addEventListener("abort", () => pc.removeEventListener("icecandidate", take));
  }
  return {
    description: { type: local?.type === "answer" ? "answer" : "offer", sdp: local?.sdp ?? "" },
    complete,
    follow(send) {
      if (told) return;
      let sent = 0;
      let busy = false;
      changed = () => {
        if (busy || signal.aborted || isSettled(pc)) return;
        const fresh = later.slice(sent);
        if (fresh.length === 0 && !complete) return;
        sent = later.length;
        const wasComplete = complete;
        busy = true;
        const done = () => {
          busy = false;
          if (sent < later.length || complete !== wasComplete) changed();
        };
        // Where one of these requests is lost, so are its candidates: what is left may still be enough.
        send(fresh, wasComplete).then(done, done);
      };
      changed();
    },
  };
};

/** Never resolves; rejects with the signal's reason. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** Takes the other side's candidates: those it gave with its description, then those that follow. */
export const takeCandidates = async (
  pc: RTCPeerConnection,
  knock: Knock,
  side: "offer" | "answer",
  { ask, signal }: { readonly ask: Asking; readonly signal: AbortSignal },
): Promise<void> => {
  const remote = remoteCandidates(pc, () => {});
  let taken = 0;
  const takeFrom = async ({ candidates, complete }: KnockSide) => {
    for (const candidate of candidates.slice(taken)) await remote.take(candidate);
    taken = Math.max(taken, candidates.length);
    if (complete) await end(remote, candidates, knock[side].description);
  };
  await takeFrom(knock[side]);
  let current = knock;
  while (!current[side].complete && !isSettled(pc) && !signal.aborted) {
    const query = { wait: seconds(followMs), minGeneration: String(current.generation) };
    const next = parseKnock(await ask({ path: current.name, query, waitMs: followMs, signal }));
    if (next === undefined || next.generation === current.generation) return;
    current = next;
    await takeFrom(current[side]);
  }
};

/** aioice fails at once where the end comes before any candidate: there is nothing to tell then. */
const end = async (
  remote: RemoteCandidates,
  candidates: readonly CandidateInit[],
  description: Description | undefined,
): Promise<void> => {
  if (candidates.length > 0 || /^a=candidate:/m.test(description?.sdp ?? "")) await remote.take(undefined);
};

/** Sends later candidates of this side to the server. */
export const candidateSender =
  ({ ask }: Pick<Ground, "ask">, name: string, signal: AbortSignal) =>
  (iceCandidates: readonly CandidateInit[], candidatesComplete: boolean): Promise<unknown> =>
    ask({
      method: "POST",
      path: `${name}:addIceCandidates`,
      body: { iceCandidates, candidatesComplete },
      signal,
    });

/** The knock in an answer of the server, where the answer is one, or holds one. */
export const knockIn = (told: unknown, otherwise: () => PeerNetError): Knock => {
  const knock = parseKnock(fieldsOf(told).knock ?? told);
  if (knock === undefined) throw otherwise();
  return knock;
};
