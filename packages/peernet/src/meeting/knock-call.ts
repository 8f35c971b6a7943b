// SPDX-License-Identifier: MIT
/** A knock at a live peer, as a call in its room: the offer goes there, what it says to it becomes the knock's fate. */
import {
  type CallId,
  type Dialect,
  explain,
  type Fate,
  type Hub,
  type PeerId,
  type RoomName,
} from "@signalbox/core";
import {
  type Abort,
  answerKnock,
  type CandidateRecord,
  deliverKnock,
  isOver,
  type KnockRecord,
  type RegistryGround,
} from "@signalbox/core/registry";
import { either } from "../context.ts";
import { follow } from "./follow.ts";
import { openLine } from "./line.ts";
import { serviceNameOf } from "./live-names.ts";
import { reached } from "./reached.ts";
import { everything } from "./services.ts";
import type { FromHub, Told } from "./wire.ts";

export interface KnockCallParts {
  readonly ground: RegistryGround;
  readonly hub: Pick<Hub, "open">;
  readonly dialect: Dialect;
  readonly credential: string | undefined;
  readonly target: { readonly room: RoomName; readonly peer: PeerId };
  /** Does it wait for a peer that is not there (yet)? After a restart, whose peers come back one by one. */
  readonly patient: boolean;
  /** Is anybody in the room under the target's id? */
  readonly isThere: () => Promise<boolean>;
  readonly abort: Abort;
}

/** A candidate as signals have it. */
export const candidateOf = (call: CallId, record: CandidateRecord): Told => ({
  kind: "candidate",
  call,
  ...record,
});

/** The id under which a knock's call is in its room: one call at a time has it in hand. */
export const knockPeer = ({ id }: Pick<KnockRecord, "id">): PeerId => `knock-${id}` as PeerId;

/** The mark of the one signal whose fate matters. */
const offerRef = 1;

/** Rings until there is an answer, a refusal or an end; settles when nothing of the knock can come any more. */
export const knockCall = async (knock: KnockRecord, parts: KnockCallParts): Promise<void> => {
  const { ground, hub, dialect, credential, target, patient, isThere, abort } = parts;
  // Unguessable, and made for this one knock.
  const call = knock.id as CallId;
  const house = { house: true } as const;
  const stop = new AbortController();
  let offered = false;
  let candidatesSaid = 0;
  let endSaid = false;
  let over = false;
  const writes = new Set<Promise<unknown>>();
  let failure: unknown;

  /** What is written goes on by itself, also while the store is away. */
  const write = (run: () => Promise<unknown>): void => {
    const done = reached(ground, abort, knock.expiresAt, run)
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => writes.delete(done));
    writes.add(done);
  };
  const say = (meaning: Told, ref?: number): void =>
    line.say({ type: "signal", to: target.peer, meaning, ...(ref === undefined ? {} : { ref }) });
  const offer = ({ offer: { sdp } }: KnockRecord): void => {
    offered = true;
    say({ kind: "offer", call, sdp, service: serviceNameOf(knock.service) }, offerRef);
  };
  const sayCandidates = (current: KnockRecord): void => {
    if (!offered) return;
    for (const record of current.offerCandidates.slice(candidatesSaid)) say(candidateOf(call, record));
    candidatesSaid = current.offerCandidates.length;
    if (current.offerComplete && !endSaid) {
      endSaid = true;
      say({ kind: "end-of-candidates", call });
    }
  };
  const reject = (rejectReason: string): void => {
    over = true;
    const text = rejectReason.slice(0, ground.limits.displayNameChars);
    const no = { candidates: [], complete: false, rejectReason: text };
    write(() => answerKnock(ground, knock, house, no));
  };
  const hearFate = (fate: Fate): void => {
    if (over) return;
    switch (fate.fate) {
      case "sent":
      case "delivered":
        return write(() => deliverKnock(ground, knock));
      case "queued":
        return;
      case "refused":
        return reject(explain(fate.refusal));
      case "unknown":
        offered = false;
        if (!patient) reject(gone);
    }
  };
  const hearSignal = (meaning: Told): void => {
    if (over || meaning.call !== call) return;
    if (meaning.kind === "bye") return reject(meaning.reason ?? "");
    if (meaning.kind !== "answer") return;
    over = true;
    const answer = { type: "answer", sdp: meaning.sdp };
    write(() => answerKnock(ground, knock, house, { answer, candidates: [], complete: true }));
  };
  let latest = knock;
  const ring = (): void => {
    offer(latest);
    candidatesSaid = 0;
    endSaid = false;
    sayCandidates(latest);
  };
  const hear = (message: FromHub): void => {
    switch (message.type) {
      case "in":
        return ring();
      case "out":
        // Another node has it in hand.
        if (message.why.code === "id-taken") return stop.abort();
        return reject(explain(message.why));
      case "came":
        return message.peer === target.peer && !offered && !over ? ring() : undefined;
      case "gone":
        if (message.peer !== target.peer || over) return;
        return write(() =>
          isThere().then((there) => {
            if (there || over) return;
            offered = false;
            if (!patient) reject(gone);
          }),
        );
      case "signal":
        return message.from.peer === target.peer ? hearSignal(message.meaning) : undefined;
      case "fate":
        return message.ref === offerRef ? hearFate(message.fate) : undefined;
    }
  };
  const line = openLine(hub, dialect, hear);
  try {
    line.say({
      type: "join",
      peer: knockPeer(knock),
      room: target.room,
      services: [],
      media: everything,
      announced: false,
      watches: target.peer,
      ...(credential === undefined ? {} : { credential }),
    });
    await follow(ground, knock, house, either(abort, stop.signal), (current) => {
      latest = current;
      if (isOver(current) && current.state !== "answered") {
        // Not ended by the peer itself: it still believes that somebody calls.
        if (offered && !over) say({ kind: "bye", call, reason: current.state });
        return false;
      }
      sayCandidates(current);
      return !(current.state === "answered" && current.offerComplete);
    });
    await Promise.all(writes);
  } finally {
    line.close();
  }
  if (failure !== undefined) throw failure;
};

const gone = "The peer has gone.";
