// SPDX-License-Identifier: MIT
/** Signals that the receiver cannot take as they are: through the bridge, with its clock. */
import { abandon, type Bridged, bridge, newCall, ripen, ripensAt } from "./bridge.ts";
import { type MovedCall, packCall, unpackCall } from "./moved-calls.ts";
import { report } from "./receipts.ts";
import { type Refusal, refusal } from "./refusal.ts";
import type { Awaiter } from "./replay.ts";
import type { Meaning, Signal } from "./signal.ts";
import type { BridgeTag, CallState, HubState, Membership, Session } from "./state.ts";
import { tell } from "./telling.ts";
import type { Fate, Sender } from "./vocabulary.ts";

/** Can this receiver take the sender's signal as it is? */
export const crosses = (signal: Signal, from: Sender, to: Membership): boolean =>
  signal.origin !== to.session.dialect.name ||
  (to.presence.traits.takes === "complete" && from.traits.gives !== "complete");

/** A signal written by the box itself: nobody can use it verbatim. */
const written = (meaning: Meaning): Signal => ({
  origin: "",
  verbatim: { kind: "text", text: "" },
  meaning: () => meaning,
});

/** Passes a signal over the bridge and says what is known of it now; what is held is reported to the awaiter later. */
export const cross = (
  hub: HubState,
  to: Membership,
  from: Sender,
  signal: Signal,
  awaiter: Awaiter | undefined,
): Fate => {
  const meaning = signal.meaning();
  const { session } = to;
  if (meaning.kind === "opaque") {
    if (signal.origin !== session.dialect.name) {
      return { fate: "refused", refusal: refusal("not-understood", `It speaks ${session.dialect.name}.`) };
    }
    const wantsDelivery = awaiter?.wantsDelivery === true;
    return tell(hub, session, { type: "signaled", room: to.room, from, signal, wantsDelivery }, awaiter);
  }
  // A call is between two peers: nobody else can speak in it, whoever learns its id.
  const call = `${to.key}\n${from.peer}\n${meaning.call}`;
  const state = callState(session, call);
  let fate: Fate | undefined;
  const tag: BridgeTag = {
    awaiter,
    from,
    settle: (settled) => {
      fate = settled;
    },
  };
  const bridged = bridge(state.call, {
    meaning,
    tag,
    from,
    to: { protocol: session.dialect.name, traits: to.presence.traits },
    heldMax: session.dialect.limits.heldSignals,
    now: hub.clock.now(),
  });
  settle(hub, to, call, state, bridged, { meaning, signal });
  if (fate !== undefined) return fate;
  tag.settle = byReceipt(hub, session, awaiter);
  return { fate: "queued", ttlMs: Math.max(0, (ripensAt(state.call) ?? hub.clock.now()) - hub.clock.now()) };
};

/** Held by the bridge: its fate is told by a receipt of its own. */
const byReceipt =
  (hub: HubState, { dialect }: Session, awaiter: Awaiter | undefined) =>
  (fate: Fate): void => {
    if (awaiter !== undefined) report(hub, awaiter, fate, dialect.name);
  };

const callState = (session: Session, call: string): CallState => {
  session.calls ??= new Map();
  const known = session.calls.get(call);
  if (known !== undefined) return known;
  if (session.calls.size >= session.dialect.limits.callsPerSession) {
    const [oldest] = session.calls;
    if (oldest !== undefined) forget(session, oldest[0], refusal("mailbox-full"));
  }
  const state: CallState = { call: newCall(), cancelRipen: undefined };
  session.calls.set(call, state);
  return state;
};

/** Forgets a call. What it still held is told the reason. */
const forget = (session: Session, call: string, why: Refusal): void => {
  const state = session.calls?.get(call);
  state?.cancelRipen?.();
  session.calls?.delete(call);
  if (state === undefined) return;
  for (const { tag, why: reason = why } of abandon(state.call, why))
    tag.settle({ fate: "refused", refusal: reason });
};

/** Forgets all calls of a session that ended. */
export const forgetCalls = (session: Session): void => {
  for (const call of [...(session.calls?.keys() ?? [])]) forget(session, call, refusal("expired"));
};

/** Gives up the calls of a session that goes on at another node, with all that they hold. */
export const packCalls = (hub: HubState, session: Session): readonly MovedCall[] => {
  const now = hub.clock.now();
  const calls = [...(session.calls ?? [])];
  session.calls = undefined;
  return calls.map(([key, { call, cancelRipen }]) => {
    cancelRipen?.();
    return packCall(key, call, now);
  });
};

/** Takes up the calls of a session that came from another node. Of rooms that it lost on the way nothing can go on. */
export const takeUpCalls = (hub: HubState, session: Session, calls: readonly MovedCall[]): void => {
  for (const moved of calls) {
    const { key } = moved;
    const to = session.memberships.find((membership) => key.startsWith(`${membership.key}\n`));
    const call = unpackCall(moved, hub.clock.now(), ({ awaiter, from }) => ({
      awaiter,
      from,
      settle: byReceipt(hub, session, awaiter),
    }));
    const state: CallState = { call, cancelRipen: undefined };
    session.calls ??= new Map();
    session.calls.set(key, state);
    if (to === undefined) forget(session, key, refusal("expired"));
    else settle(hub, to, key, state, { call, passed: [], stopped: [], over: false }, undefined);
  }
};

/** Tells the senders of what calls hold that it goes nowhere. */
export const expireCalls = (hub: HubState, calls: readonly MovedCall[]): void => {
  const why = refusal("expired");
  for (const moved of calls) {
    const call = unpackCall(moved, hub.clock.now(), ({ awaiter }) => awaiter);
    for (const { tag } of abandon(call, why)) {
      if (tag !== undefined) report(hub, tag, { fate: "refused", refusal: why });
    }
  }
};

const settle = (
  hub: HubState,
  to: Membership,
  call: string,
  state: CallState,
  bridged: Bridged<BridgeTag>,
  own: { readonly meaning: Meaning; readonly signal: Signal } | undefined,
): void => {
  state.call = bridged.call;
  for (const { tag, why } of bridged.stopped) {
    tag.settle(why === undefined ? { fate: "sent" } : { fate: "refused", refusal: why });
  }
  for (const { meaning, tags } of bridged.passed) {
    const from = tags[0]?.from;
    if (from === undefined) continue;
    const signal = own?.meaning === meaning ? own.signal : written(meaning);
    const [awaiter, ...also] = tags.flatMap((tag) => tag.awaiter ?? []);
    const wantsDelivery = awaiter?.wantsDelivery === true || also.some((other) => other.wantsDelivery);
    const fate = tell(
      hub,
      to.session,
      { type: "signaled", room: to.room, from, signal, wantsDelivery },
      awaiter,
      also,
    );
    for (const tag of tags) tag.settle(fate);
  }
  if (bridged.over) return forget(to.session, call, refusal("expired"));
  // Telling may have ended a session that reads too slowly, and its calls with it.
  if (to.session.calls?.get(call) !== state) return;
  state.cancelRipen?.();
  const due = ripensAt(state.call);
  state.cancelRipen =
    due === undefined
      ? undefined
      : hub.clock.after(due - hub.clock.now(), () => {
          state.cancelRipen = undefined;
          if (to.session.ended || to.session.calls?.get(call) !== state) return;
          settle(hub, to, call, state, ripen(state.call, hub.clock.now()), undefined);
        });
};
