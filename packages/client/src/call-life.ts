// SPDX-License-Identifier: MIT
/** One call from its first signal to its end. */
import { createAlarm } from "./alarm.ts";
import type { Call, CallEvents, CallOptions, CallState } from "./call.ts";
import { type Consequence, ofBye, ofClosing, ofFailure, ofReceipt, type Progress } from "./call-fate.ts";
import type { CallHost, CallInRoom } from "./call-host.ts";
import { kindsIn, mediaOfCall } from "./call-media.ts";
import { watchPath } from "./call-path.ts";
import { defined } from "./defined.ts";
import { emitter } from "./emitter.ts";
import { textOf } from "./failure.ts";
import { createNegotiation, type Outgoing } from "./negotiation.ts";
import { createRecovery } from "./recovery.ts";
import { type SelectedPair, selectedPair } from "./selected-pair.ts";
import { deferred, unlessAborted } from "./settle.ts";
import { createTrace } from "./trace.ts";
import { CallError, type Verdict, type VerdictCode, verdict } from "./verdict.ts";
import type { Peer, Receipt, SignalBody } from "./wire.ts";

interface CallParts {
  readonly host: CallHost;
  readonly id: string;
  readonly peer: Peer;
  readonly options: CallOptions;
  /** The only stay of the peer that is meant, where that matters. */
  readonly session?: string | undefined;
  /** The offer of an incoming call. */
  readonly offer?: { readonly sdp: string; readonly session: string; readonly service?: string };
}

/** People need that long to find the button. Milliseconds. */
const answerMs = 45_000;
/** As long as browsers look for a path. Milliseconds. */
const connectMs = 30_000;
/** Time between two looks at a connection that is being made, should it not tell. Milliseconds. */
const lookEveryMs = 1_000;

export const createCall = ({ host, peer, options, offer, ...parts }: CallParts): CallInRoom => {
  const events = emitter<CallEvents>(["channel", "track"]);
  const trace = createTrace(host.clock);
  const opening = deferred<void>();
  const answering = deferred<void>();
  // Whoever does not wait for them is not told: no unhandled rejection.
  opening.promise.catch(() => {});
  answering.promise.catch(() => {});
  const configuration = host.configuration(options.configuration);
  const pc = host.connection(configuration);
  const incoming = offer !== undefined;
  const foreign = peer.protocol !== host.self.protocol;
  let { id } = parts;
  let state: CallState = incoming ? "ringing" : "calling";
  let ringing = offer;
  /** The stay of the peer that this call is with. */
  let session = offer?.session ?? parts.session;
  let polite = incoming;
  let offered = incoming;
  let queued = false;
  let answered = false;
  let wasConnected = false;
  let ended: Verdict | undefined;
  let pair: SelectedPair | undefined;
  let outlived: string | undefined;
  const deadline = createAlarm(host.clock);

  const turn = (next: CallState) => {
    if (state === next) return;
    state = next;
    events.emit("state", next);
  };
  const progress = (): Progress => ({ incoming, answered, wasConnected });
  /** What can be said while it goes on. */
  const standing = (): VerdictCode => {
    if (state === "connected" || state === "ringing") return state;
    if (wasConnected) return "interrupted";
    if (!offered) return "nothing-offered";
    if (answered) return "connecting";
    if (host.line !== "open") return "signaling-lost";
    return queued ? "target-offline-queued" : "waiting-for-answer";
  };
  const current = (): Verdict => ended ?? verdict(standing());

  /** `bye`: what the peer is told; undefined: nothing. */
  const end = (code: VerdictCode, detail?: string, bye?: string) => {
    if (ended !== undefined) return;
    if (bye !== undefined && offered) post(defined({ kind: "bye", call: id, reason: bye || undefined }));
    if (outlived !== undefined && !answered) post({ kind: "bye", call: outlived });
    ended = verdict(code, detail);
    trace.mark("ended", code);
    deadline.stop();
    options.signal?.removeEventListener("abort", onAbort);
    recovery.stop();
    negotiation.close();
    pc.close();
    const error = new CallError(ended);
    opening.reject(error);
    answering.reject(error);
    host.over(inRoom);
    turn("ended");
    events.emit("ended", ended);
  };
  /** This side found out why; the peer is told the code. */
  const fail = (code: VerdictCode, detail?: string) => end(code, detail, code);
  const follow = (consequence: Consequence) => {
    if (ended !== undefined || consequence === undefined) return;
    if (consequence === "withdraw") negotiation.withdraw();
    else end(consequence.code, consequence.detail);
  };

  /** Both descriptions are there or on their way. */
  const connecting = () => {
    answered = true;
    turn("connecting");
    lookFor(options.connectWithinMs ?? connectMs);
  };
  const lookFor = (ms: number) =>
    deadline.set(Math.min(ms, lookEveryMs), () => {
      path.look();
      if (state !== "connecting") return;
      if (ms > lookEveryMs) lookFor(ms - lookEveryMs);
      else fail(path.why());
    });

  const post = (body: SignalBody) => {
    // A stay that is not in the room any more may have come back under a new session.
    const to = session && host.stay(session)?.session;
    const told = (receipt: Receipt) => {
      if (body.kind === "offer" && !answered) {
        const delivered = receipt.fate === "delivered";
        trace.mark(delivered ? "delivered" : "receipt", receipt.fate, !delivered);
        queued = receipt.fate === "queued";
      }
      follow(ofReceipt(body, receipt, progress()));
    };
    host
      .signal(peer.id, to, body, told)
      .catch((error: unknown) => follow(ofFailure(body, error, progress())));
  };

  const send = (signal: Outgoing) => {
    if (signal.kind === "offer" && !offered) {
      const kinds = kindsIn(signal.sdp);
      const takes = peer.traits.media;
      if (!kinds.some((kind) => takes.includes(kind))) {
        return end(
          "media-mismatch",
          `offered: ${kinds.join(", ")}; it takes: ${takes.join(", ") || "nothing"}`,
        );
      }
      offered = true;
      trace.mark("offer-sent");
    }
    post(defined({ ...signal, call: id, service: signal.kind === "offer" ? options.service : undefined }));
    if (signal.kind === "answer") {
      trace.mark("answer-sent");
      answering.resolve();
    }
  };

  const settleOpening = () => {
    if (media.carries()) trace.mark("channel-open");
    if (state === "connected" && media.channelsOpen()) opening.resolve();
  };
  const media = mediaOfCall(pc, trace, events, settleOpening);

  const negotiation = createNegotiation(pc, host.clock, trace, {
    send,
    polite: () => polite || foreign,
    complete: !peer.traits.trickle,
    once: foreign,
    wantsChannel: media.wantsChannel,
    broke(error) {
      if (!wasConnected) fail("description-refused", textOf(error));
    },
  });

  const restartIce = () => {
    trace.mark("ice-restart", undefined, true);
    try {
      pc.setConfiguration(host.configuration(options.configuration));
    } catch {
      // A stack that cannot change them goes on with the ICE servers it has.
    }
    negotiation.restart();
  };
  const recovery = createRecovery(host.clock, {
    possible: !foreign,
    reachable: () => host.line === "open",
    polite: () => polite,
    restart: restartIce,
    gaveUp: () => fail("path-lost"),
  });

  const path = watchPath(pc, configuration.iceTransportPolicy === "relay", trace, {
    answered: () => answered,
    connected() {
      if (state === "connected" || ended !== undefined) return;
      deadline.stop();
      wasConnected = true;
      recovery.connected();
      turn("connected");
      settleOpening();
      selectedPair(pc).then((found) => {
        pair = found ?? pair;
      });
    },
    broken(how) {
      if (ended !== undefined) return;
      if (!wasConnected) {
        if (how === "failed") fail(path.why());
        return;
      }
      if (state === "connected") trace.mark("interrupted", how, true);
      turn("interrupted");
      recovery.broken(how);
    },
    withoutCandidates() {
      if (!wasConnected) fail(path.why());
    },
  });

  const hangUp = (reason = "") => end("hung-up-here", reason || undefined, reason);
  const onAbort = () => hangUp("aborted");
  options.signal?.addEventListener("abort", onAbort);

  const call: Call = {
    on: events.on,
    get id() {
      return id;
    },
    peer,
    incoming,
    service: (offer ?? options).service,
    offers: kindsIn(offer?.sdp),
    get state() {
      return state;
    },
    get verdict() {
      return current();
    },
    connection: pc,
    accept(given = {}) {
      const { signal } = given;
      if (ringing !== undefined) {
        const { sdp } = ringing;
        ringing = undefined;
        trace.mark("accepted");
        media.add(given);
        connecting();
        negotiation.remote("offer", sdp);
        negotiation.start();
      }
      const answer = unlessAborted(incoming ? answering.promise : Promise.resolve(), signal);
      answer.catch(() => signal?.aborted && onAbort());
      return answer;
    },
    reject: hangUp,
    hangUp,
    createDataChannel: media.createDataChannel,
    channel: media.channel,
    addTrack: (track, ...streams) => pc.addTrack(track, ...streams),
    addStream: media.addStream,
    restartIce,
    opened: (signal) => unlessAborted(opening.promise, signal),
    async why() {
      if (state === "connected") pair = (await selectedPair(pc)) ?? pair;
      return defined({
        verdict: current(),
        stages: [...trace.stages],
        candidates: { local: { ...trace.local }, remote: { ...trace.remote }, unusable: trace.unusable },
        pair,
      });
    },
  };

  /** Is this stay of the peer the one in this call? One that came back is, once its old stay is gone. */
  const heeds = (from: string) => {
    if (session !== undefined && session !== from && !host.stay(session) && host.stay(from)) session = from;
    return session === from;
  };

  const takeAnswer = (sdp: string, from: string) => {
    session ??= from;
    if (!heeds(from)) {
      // The first answer stands. That others are told so is a courtesy: whether it arrives changes nothing here.
      host.signal(peer.id, from, { kind: "bye", call: id, reason: "answered-elsewhere" }).catch(() => {});
      return;
    }
    if (!answered) {
      trace.mark("answer-received");
      connecting();
    }
    negotiation.remote("answer", sdp);
  };

  const inRoom: CallInRoom = {
    call,
    get unanswered() {
      return !incoming && !answered && ended === undefined;
    },
    get offered() {
      return offered;
    },
    foreign,
    receive(body, from) {
      if (body.kind === "answer") return takeAnswer(body.sdp, from);
      // Of several stays with one id, each may decline; the call goes on with the others.
      const declines = body.kind === "bye" && host.holders(peer.id) > 1;
      if (session === undefined ? declines : !heeds(from)) return;
      switch (body.kind) {
        case "offer":
          if (ringing === undefined) return negotiation.remote("offer", body.sdp);
          ringing = { sdp: body.sdp, session: from };
          return;
        case "candidate":
          trace.counts("remote", body.candidate.candidate);
          return negotiation.candidate(body.candidate);
        case "end-of-candidates":
          trace.mark("remote-gathered");
          return negotiation.candidate(undefined);
        case "bye":
          return end(ofBye(body.reason, progress()), body.reason);
      }
    },
    adopt(theirs, sdp, from) {
      if (offered) post({ kind: "bye", call: id, reason: "merged" });
      id = theirs;
      session = from;
      polite = offered = true;
      trace.mark("merged");
      connecting();
      negotiation.remote("offer", sdp);
    },
    outlive(theirs) {
      outlived = theirs;
    },
    peerLeft() {
      if (!answered) end(queued ? "target-offline" : "peer-left");
    },
    sessionChanged() {
      // The peer would answer, or has called, a session that is no more.
      if (!answered) end("signaling-lost");
    },
    lineTurned(error) {
      trace.mark(host.line === "open" ? "line-back" : "line-away", undefined, true);
      if (host.line === "open") {
        negotiation.resume();
        return recovery.lineBack();
      }
      if (host.line !== "closed" || wasConnected) return;
      const { code, detail } = ofClosing(error);
      end(code, detail);
    },
  };

  trace.stood("line-open", host.lineOpenAt);
  trace.stood("joined", host.joinedAt);
  if (incoming) trace.mark("offer-received");
  else {
    deadline.set(options.answerWithinMs ?? answerMs, () =>
      fail(offered ? "never-answered" : "nothing-offered"),
    );
    media.add(options);
    negotiation.start();
  }
  return inRoom;
};
