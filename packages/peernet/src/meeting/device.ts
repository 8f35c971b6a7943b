// SPDX-License-Identifier: MIT
/** A registered server in its room: the others see it there, and a call to it becomes a knock that waits for it. */
import {
  type CallId,
  type Dialect,
  type Fate,
  type Hub,
  isRefusal,
  type PeerId,
  type RoomName,
  refusal,
} from "@signalbox/core";
import {
  type Abort,
  cancelKnock,
  createKnock,
  isOver,
  type KnockRecord,
  type RegistryGround,
  type ServerRecord,
  StoreAway,
} from "@signalbox/core/registry";
import { follow } from "./follow.ts";
import { candidateOf } from "./knock-call.ts";
import { openLine } from "./line.ts";
import { reached } from "./reached.ts";
import { asMember, mediaOf } from "./services.ts";
import type { Caller, FromHub, Told } from "./wire.ts";

export interface DeviceParts {
  readonly ground: RegistryGround;
  readonly hub: Pick<Hub, "open">;
  readonly dialect: Dialect;
  readonly credential: string | undefined;
  readonly failed: (error: unknown) => void;
  /** Aborted when the process leaves all rooms. */
  readonly ending: Abort;
  /** It is in the room. */
  readonly in: () => void;
  /** The room did not let it in, or out: the line is over. */
  readonly out: () => void;
}

export interface Device {
  /** It was renewed or changed. */
  update(server: ServerRecord): void;
  /** Leaves the room; whoever calls it is told. */
  close(): void;
}

/** A call from the room. */
interface Incoming {
  readonly from: Caller;
  readonly call: CallId;
  /** Mark of its offer, until its fate is settled for good. */
  readonly held: number | undefined;
  readonly asker: { readonly digest: string };
  /** Undefined while it is being made. */
  knock: KnockRecord | undefined;
  over: boolean;
  /** Its offer has been fetched, and its caller told. */
  fetched: boolean;
  candidatesSaid: number;
  readonly end: AbortController;
}

export const openDevice = (server: ServerRecord, parts: DeviceParts): Device => {
  const { ground, hub, dialect, credential, failed, out, ending } = parts;
  const incoming = new Map<string, Incoming>();
  /** Makes of a session id the digest of a token that nobody else can have. */
  const salt = ground.mintToken();
  let current = server;
  let told = asMember(server, dialect.limits);
  let closed = false;

  const say = ({ from }: Incoming, meaning: Told): void =>
    line.say({ type: "signal", to: from.peer, session: from.session, meaning });
  const settle = ({ held }: Incoming, fate?: Fate): void => {
    if (held !== undefined) line.say({ type: "settle", held, ...(fate === undefined ? {} : { fate }) });
  };
  const finish = (one: Incoming): void => {
    if (one.over) return;
    one.over = true;
    settle(one);
    one.end.abort();
    const key = keyOf(one.from, one.call);
    if (incoming.get(key) === one) incoming.delete(key);
  };
  /** The caller wants no more of it, or is gone: so does nobody. */
  const takeBack = (one: Incoming): void => {
    const { knock } = one;
    finish(one);
    if (knock === undefined || isOver(knock)) return;
    reached(ground, ending, knock.expiresAt, () => cancelKnock(ground, knock, one.asker)).catch(failed);
  };
  const fetched = (one: Incoming): void => {
    if (one.fetched) return;
    one.fetched = true;
    settle(one, { fate: "sent" });
  };

  /** Something happened to the knock of a call. */
  const changed = (one: Incoming, knock: KnockRecord): boolean => {
    one.knock = knock;
    switch (knock.state) {
      case "pending":
        return true;
      case "delivered":
        fetched(one);
        return true;
      case "answered":
        fetched(one);
        settle(one, { fate: "delivered" });
        if (one.candidatesSaid < 0 && knock.answer !== undefined) {
          one.candidatesSaid = 0;
          say(one, { kind: "answer", call: one.call, sdp: knock.answer.sdp });
        }
        for (const record of knock.answerCandidates.slice(one.candidatesSaid))
          say(one, candidateOf(one.call, record));
        one.candidatesSaid = knock.answerCandidates.length;
        if (knock.answerComplete) say(one, { kind: "end-of-candidates", call: one.call });
        return !knock.answerComplete;
      case "rejected":
        fetched(one);
        settle(one, { fate: "delivered" });
        say(one, { kind: "bye", call: one.call, reason: knock.rejectReason });
        return false;
      case "expired":
        if (!one.fetched) settle(one, { fate: "refused", refusal: refusal("expired") });
        say(one, { kind: "bye", call: one.call, reason: one.fetched ? "never-answered" : "expired" });
        return false;
      case "cancelled":
        return false;
    }
  };
  const knock = async (one: Incoming, sdp: string, wanted: string | undefined): Promise<void> => {
    const { from, asker, end } = one;
    const service = current.services.find(({ id }) => wanted === undefined || id === wanted);
    if (service === undefined) {
      const no = refusal("not-understood", "It offers no such service.");
      return settle(one, { fate: "refused", refusal: no });
    }
    const made = await createKnock(
      ground,
      { by: "name", server: current.id, service: service.id },
      {
        offer: { type: "offer", sdp },
        complete: true,
        attributes: { peer: from.peer, protocol: from.protocol },
      },
      asker.digest,
    );
    if (isRefusal(made)) {
      settle(one, { fate: "refused", refusal: made });
      // For protocols that have no receipts.
      return say(one, { kind: "bye", call: one.call, reason: made.code });
    }
    one.knock = made;
    if (one.over) return takeBack(one);
    await follow(ground, made, asker, end.signal, (next) => changed(one, next));
  };

  const hearSignal = (from: Caller, meaning: Told, held: number | undefined): void => {
    const key = keyOf(from, meaning.call);
    const known = incoming.get(key);
    if (meaning.kind === "bye") return known === undefined ? undefined : takeBack(known);
    if (meaning.kind !== "offer") return;
    const one: Incoming = {
      from,
      call: meaning.call,
      held,
      asker: { digest: ground.digest(`${salt} ${from.session}`) },
      knock: undefined,
      over: false,
      fetched: false,
      candidatesSaid: -1,
      end: new AbortController(),
    };
    if (known !== undefined || incoming.size >= dialect.limits.callsPerSession) {
      const no =
        known === undefined
          ? refusal("too-many-knocks")
          : refusal("not-understood", "A knock carries one offer.");
      return settle(one, { fate: "refused", refusal: no });
    }
    incoming.set(key, one);
    knock(one, meaning.sdp, meaning.service)
      .catch((error: unknown) => {
        const code = error instanceof StoreAway ? "cluster-away" : "overloaded";
        if (!one.fetched) settle(one, { fate: "refused", refusal: refusal(code) });
        say(one, { kind: "bye", call: one.call, reason: code });
        failed(error);
      })
      .finally(() => finish(one));
  };
  const hear = (message: FromHub): void => {
    switch (message.type) {
      case "in":
        return parts.in();
      case "came":
      case "fate":
        return;
      case "out":
        close();
        return out();
      case "gone":
        for (const one of [...incoming.values()]) if (one.from.session === message.session) takeBack(one);
        return;
      case "signal":
        return hearSignal(message.from, message.meaning, message.held);
    }
  };
  const line = openLine(hub, dialect, hear);
  line.say({
    type: "join",
    peer: server.id as PeerId,
    room: server.room as RoomName,
    ...(credential === undefined ? {} : { credential }),
    ...told,
    media: mediaOf(server),
    announced: true,
  });

  const close = (): void => {
    if (closed) return;
    closed = true;
    for (const one of [...incoming.values()]) {
      if (!one.fetched) settle(one, { fate: "refused", refusal: refusal("expired") });
      say(one, { kind: "bye", call: one.call, reason: "expired" });
      takeBack(one);
    }
    line.close();
  };
  return {
    update(next) {
      current = next;
      const now = asMember(next, dialect.limits);
      if (closed || JSON.stringify(now) === JSON.stringify(told)) return;
      told = now;
      line.say({ type: "update", services: now.services, displayName: now.displayName ?? next.id });
    },
    close,
  };
};

const keyOf = (from: Caller, call: CallId): string => `${from.session}\n${call}`;
