// SPDX-License-Identifier: MIT
/**
 * Perfect negotiation (W3C webrtc-pc, example of section 10.7), step by step: one description is worked on at a time,
 * so that a collision is simply an offer that comes while ours stands. Spelled out with createOffer, createAnswer and
 * an explicit rollback, because not every stack outside browsers has the short forms.
 */
import { createAlarm } from "./alarm.ts";
import { belongs, remoteCandidates } from "./candidates.ts";
import type { Clock } from "./clock.ts";
import { defined } from "./defined.ts";
import { gathered } from "./gathering.ts";
import type { Trace } from "./trace.ts";
import type { CandidateInit } from "./wire.ts";

export type Outgoing =
  | { readonly kind: "offer" | "answer"; readonly sdp: string; readonly again?: true }
  | { readonly kind: "candidate"; readonly candidate: CandidateInit }
  | { readonly kind: "end-of-candidates" };

export interface NegotiationHooks {
  send(signal: Outgoing): void;
  /** Does this side give way when both offer at once? */
  polite(): boolean;
  /** Does the peer need complete descriptions? */
  readonly complete: boolean;
  /** Does the peer's protocol know one exchange of descriptions only? */
  readonly once: boolean;
  /** Is a data channel wanted that no description has a section for yet? */
  wantsChannel(): boolean;
  /** The stack refused a description. */
  broke(error: unknown): void;
}

export interface Negotiation {
  /** From here on what is added to the connection is offered. */
  start(): void;
  remote(kind: "offer" | "answer", sdp: string): void;
  candidate(candidate: CandidateInit | undefined): void;
  /** New ICE credentials, at the next moment an offer is possible. */
  restart(): void;
  /** Our offer will not be answered: it is withdrawn, and there is no other until `resume` or their next one. */
  withdraw(): void;
  resume(): void;
  close(): void;
}

export const createNegotiation = (
  pc: RTCPeerConnection,
  clock: Clock,
  trace: Trace,
  hooks: NegotiationHooks,
): Negotiation => {
  let work: Promise<void> = Promise.resolve();
  let started = false;
  let closed = false;
  let wanted = false;
  /** The last offer was lost; the next would be too. */
  let paused = false;
  let restarting = false;
  let exchanged = false;
  /** Their offer collided with ours and was passed over; so are the candidates that follow it. */
  let ignoring = false;
  /** What follows our description waits until that has been sent. */
  let following: Outgoing[] | undefined = [];
  const patience = createAlarm(clock);
  const theirs = remoteCandidates(pc, trace.countsUnusable);

  const enqueue = (step: () => Promise<void>) => {
    work = work
      .then(() => (closed ? undefined : step()))
      .catch((error: unknown) => {
        if (!closed) hooks.broke(error);
      });
  };

  const offer = () => {
    wanted = true;
    if (!started || paused) return;
    enqueue(async () => {
      if (!wanted || pc.signalingState !== "stable" || (exchanged && hooks.once)) return;
      wanted = false;
      const description = await pc.createOffer();
      // Some stacks ask for a negotiation that an answer has just brought; one more can do harm there.
      if (!restarting && gist(description.sdp) === gist(pc.localDescription?.sdp)) return;
      restarting = false;
      await describe(description);
    });
  };

  /** Makes a description ours and sends it. */
  const describe = async (description: RTCSessionDescriptionInit) => {
    following ??= [];
    await pc.setLocalDescription(description);
    if (hooks.complete) await gathered(pc, patience);
    const local = pc.localDescription;
    if (closed || local === null || (local.type !== "offer" && local.type !== "answer")) return;
    hooks.send(
      defined({
        kind: local.type,
        sdp: local.sdp,
        again: local.type === "offer" && exchanged ? true : undefined,
      }),
    );
    const late = following;
    following = undefined;
    if (hooks.complete) hooks.send({ kind: "end-of-candidates" });
    else for (const signal of late) sendLate(signal);
  };

  const sendLate = (signal: Outgoing) => {
    // Of a description that was rolled back meanwhile.
    if (signal.kind === "candidate" && !belongs(signal.candidate, pc.localDescription)) return;
    hooks.send(signal);
  };

  const rollback = async () => {
    following = [];
    await pc.setLocalDescription({ type: "rollback" });
  };

  pc.addEventListener("icecandidate", ({ candidate }) => {
    // An empty candidate ends one component; null (in some stacks undefined) ends them all.
    if (closed || candidate?.candidate === "" || hooks.complete) return;
    const signal: Outgoing = candidate
      ? { kind: "candidate", candidate: plain(candidate) }
      : { kind: "end-of-candidates" };
    if (following === undefined) sendLate(signal);
    else following.push(signal);
  });
  pc.addEventListener("negotiationneeded", () => offer());

  const described = (sdp: string) => {
    for (const [line] of sdp.matchAll(/^a=candidate:.*/gm)) trace.counts("remote", line);
    return theirs.described();
  };

  const takeOffer = async (sdp: string) => {
    if (pc.signalingState !== "stable") {
      ignoring = !hooks.polite();
      if (ignoring) return;
      await rollback();
    }
    ignoring = paused = false;
    await pc.setRemoteDescription({ type: "offer", sdp });
    await described(sdp);
    // What was added before this may be in the answer; a stack says anew what is not.
    wanted = false;
    await describe(await pc.createAnswer());
    exchanged = true;
    // Not every stack does.
    if (
      hooks.wantsChannel() ||
      pc.getTransceivers().some((one) => one.mid === null && one.direction !== "stopped")
    )
      offer();
  };

  const takeAnswer = async (sdp: string) => {
    // Repeated, or to an offer that was withdrawn.
    if (pc.signalingState !== "have-local-offer") return;
    ignoring = false;
    await pc.setRemoteDescription({ type: "answer", sdp });
    exchanged = true;
    await described(sdp);
    if (wanted) offer();
  };

  return {
    start() {
      started = true;
      if (wanted) offer();
    },
    remote: (kind, sdp) => enqueue(() => (kind === "offer" ? takeOffer(sdp) : takeAnswer(sdp))),
    candidate: (candidate) => enqueue(async () => (ignoring ? undefined : theirs.take(candidate))),
    restart() {
      pc.restartIce();
      restarting = true;
      paused = false;
      offer();
    },
    withdraw() {
      paused = true;
      enqueue(async () => {
        if (pc.signalingState !== "have-local-offer") return;
        await rollback();
        wanted = true;
      });
    },
    resume() {
      paused = false;
      if (wanted) offer();
    },
    close() {
      closed = true;
      patience.stop();
    },
  };
};

/** What a description says of media and channels: sections, directions, streams. */
const gist = (sdp = ""): string => (sdp.match(/^(m=\w+|a=(mid|msid|send|recv|inactive).*)/gm) ?? []).join();

const plain = ({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): CandidateInit =>
  defined({ candidate, sdpMid, sdpMLineIndex, usernameFragment: usernameFragment ?? undefined });
