// SPDX-License-Identifier: MIT
/** Knocks in the store: made, handed out, answered; and waiting for what comes next. */
import type { Millis } from "../ports.ts";
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import { kinds } from "../sdp.ts";
import {
  type Asker,
  type Decision,
  decide,
  inTurn,
  notOwner,
  owns,
  parsed,
  type Read,
  type RegistryGround,
  read,
} from "./ground.ts";
import { type Answer, answered, asOf, cancelled, candidatesMax, delivered, withCandidates } from "./knock.ts";
import { isLiveId, livePrefix } from "./names.ts";
import {
  type Attributes,
  type CandidateRecord,
  isOver,
  type KnockRecord,
  type ServerRecord,
} from "./records.ts";
import { select, type Target } from "./search.ts";
import { serverTopic } from "./server-writes.ts";
import { readServer } from "./servers.ts";
import type { Write } from "./store.ts";
import { type Abort, type Topic, until } from "./waiting.ts";

export interface KnockSpec {
  readonly offer: { readonly type: string; readonly sdp: string };
  readonly candidates?: readonly CandidateRecord[];
  readonly complete?: boolean;
  readonly attributes?: Attributes;
  readonly ttlMs?: Millis;
}

/** Names of the resources of a knock; ids hold no slash. */
export const knockName = (knock: KnockRecord): string =>
  `servers/${knock.server}/services/${knock.service}/knocks/${knock.id}`;

/** A knock's id begins with the moment it was made, nine digits of base 36, so that keys list the oldest first. */
const knockKey = (server: string, id: string): string => `${server}/${id}`;
const timed = (now: Millis, id: string): string => `${now.toString(36).padStart(9, "0")}-${id}`;

/**
 * What a knock is listed under. Those that are over are listed apart: they can be read for a while, and nobody who knocks or
 * waits for knocks has to go through them.
 */
const openGroup = (server: string): string => server;
const overGroup = (server: string): string => `${server}/over`;

export const knockWrite = (knock: KnockRecord, expects: number): Write => ({
  kind: "knock",
  key: knockKey(knock.server, knock.id),
  expects,
  becomes: {
    group: (isOver(knock) ? overGroup : openGroup)(knock.server),
    value: JSON.stringify(knock),
    expiresAt: knock.expiresAt,
  },
});

const specRefusal = (ground: RegistryGround, spec: KnockSpec): Refusal | undefined => {
  const { limits } = ground;
  if (spec.offer.type !== "offer") return refusal("bad-argument", "offer.type must be offer.");
  if (spec.offer.sdp.length > limits.sdpBytes)
    return refusal("too-large", `offer.sdp: at most ${limits.sdpBytes} bytes.`);
  if (!spec.offer.sdp.startsWith("v=0") || kinds(spec.offer.sdp).length === 0) {
    return refusal("bad-argument", "offer.sdp is not a session description with at least one media section.");
  }
  if ((spec.candidates ?? []).length > candidatesMax)
    return refusal("too-large", `At most ${candidatesMax} candidates on each side.`);
  if (JSON.stringify(spec.attributes ?? {}).length > limits.attributesBytes)
    return refusal("too-large", `attributes: at most ${limits.attributesBytes} bytes.`);
  return undefined;
};

/**
 * Knocks at a service. The knock waits for its answerer, in bounds.
 * @param along what is to be written with it, or not at all
 */
export const createKnock = async (
  ground: RegistryGround,
  target: Target,
  spec: KnockSpec,
  knockerHash: string,
  along: (knock: KnockRecord) => readonly Write[] = () => [],
): Promise<KnockRecord | Refusal> => {
  const no = specRefusal(ground, spec);
  if (no !== undefined) return no;
  const chosen = await select(ground, target);
  if (isRefusal(chosen)) return chosen;
  const { limits } = ground;
  // One after the other for one server, so that a bound is a bound; what other nodes do meanwhile may exceed it by one each.
  return inTurn(ground, chosen.server, async () => {
    const server = await readServer(ground, chosen.server);
    const service = server?.value.services.find((one) => one.id === chosen.service);
    if (server === undefined || service === undefined)
      return refusal("not-found", `servers/${chosen.server}/services/${chosen.service}`);
    const now = ground.wallNow();
    const open = await openKnocks(ground, chosen.server, now);
    const atService = open.filter(({ value }) => value.service === chosen.service);
    if (atService.length >= service.maxPendingKnocks)
      return refusal("too-many-knocks", `At most ${service.maxPendingKnocks} wait at this service.`, 1_000);
    const own = open.filter(({ value }) => ground.equal(value.knockerHash, knockerHash));
    if (own.length >= limits.knocksPerKnocker)
      return refusal("too-many-knocks", `At most ${limits.knocksPerKnocker} of one knocker.`, 1_000);
    const ttlMs = Math.min(
      Math.max(spec.ttlMs === undefined || spec.ttlMs <= 0 ? limits.knockTtlMs : spec.ttlMs, 1_000),
      limits.knockTtlMaxMs,
    );
    const knock: KnockRecord = {
      id: timed(now, ground.mintId()),
      server: chosen.server,
      service: chosen.service,
      state: "pending",
      generation: 1,
      offer: spec.offer,
      offerCandidates: (spec.candidates ?? []).filter((candidate) => candidate.candidate !== ""),
      answerCandidates: [],
      offerComplete:
        spec.complete === true || (spec.candidates ?? []).some((candidate) => candidate.candidate === ""),
      answerComplete: false,
      rejectReason: "",
      attributes: spec.attributes ?? {},
      knockerHash,
      createdAt: now,
      expiresAt: now + ttlMs,
    };
    if ((await ground.store.commit([knockWrite(knock, 0), ...along(knock)])) === undefined)
      return refusal("contended");
    if (isLiveId(knock.server)) ground.live?.knocked(knock);
    return knock;
  });
};

const openKnocks = async (
  ground: RegistryGround,
  server: string,
  now: Millis,
): Promise<readonly Read<KnockRecord>[]> => {
  const open: Read<KnockRecord>[] = [];
  let after = "";
  for (let more = true; more; ) {
    const page = await ground.store.scan("knock", openGroup(server), after, 1_000);
    for (const record of page.records) {
      const knock = parsed<KnockRecord>(record);
      after = record.key;
      if (!isOver(asOf(knock.value, now))) open.push(knock);
    }
    more = page.more;
  }
  return open;
};

const readKnock = async (
  ground: RegistryGround,
  server: string,
  service: string,
  id: string,
): Promise<Read<KnockRecord> | undefined> => {
  const found = await read<KnockRecord>(ground, "knock", knockKey(server, id));
  if (found === undefined || found.value.service !== service) return undefined;
  // One that was over is gone when its time is, whether or not anybody has removed it.
  return isOver(found.value) && found.value.expiresAt <= ground.wallNow() ? undefined : found;
};

/** Names of a knock's resources. */
export interface KnockPlace {
  readonly server: string;
  readonly service: string;
  readonly id: string;
}

const missing = ({ server, service, id }: KnockPlace): Refusal =>
  refusal("not-found", `servers/${server}/services/${service}/knocks/${id}`);

type Side = "offer" | "answer";

/** Which side of a knock asks: whoever knocked, or the owner of the server. Who is both is the one that is wanted. */
const sideOf = async (
  ground: RegistryGround,
  knock: KnockRecord,
  asker: Asker,
  wanted: Side,
): Promise<Side | Refusal> => {
  if (asker.house === true) return "answer";
  const knocked = owns(ground, asker, knock.knockerHash);
  if (knocked && wanted === "offer") return "offer";
  const server = await read<ServerRecord>(ground, "server", knock.server);
  if (server !== undefined && owns(ground, asker, server.value.ownerHash)) return "answer";
  if (knocked) return "offer";
  // To everybody else it is not even there.
  return asker.digest === undefined ? notOwner(asker) : missing(knock);
};

const changeKnock = async (
  ground: RegistryGround,
  place: KnockPlace,
  asker: Asker,
  change: (knock: KnockRecord, side: Side, now: Millis) => KnockRecord | Refusal,
  wanted: Side = "offer",
): Promise<KnockRecord | Refusal> =>
  decide(ground, async (): Promise<Decision<KnockRecord> | Refusal> => {
    const found = await readKnock(ground, place.server, place.service, place.id);
    if (found === undefined) return missing(place);
    const side = await sideOf(ground, found.value, asker, wanted);
    if (typeof side !== "string") return side;
    const next = change(found.value, side, ground.wallNow());
    if (isRefusal(next)) return next;
    return { writes: next === found.value ? [] : [knockWrite(next, found.record.version)], result: next };
  });

const onlyServer = refusal("forbidden", "Only the server's owner answers its knocks.");

export const answerKnock = (
  ground: RegistryGround,
  place: KnockPlace,
  asker: Asker,
  given: Answer,
): Promise<KnockRecord | Refusal> =>
  changeKnock(
    ground,
    place,
    asker,
    (knock, side, now) => {
      if (side !== "answer") return onlyServer;
      const { answer } = given;
      if (answer !== undefined) {
        if (answer.type !== "answer" && answer.type !== "pranswer")
          return refusal("bad-argument", "answer.type must be answer.");
        if (answer.sdp.length > ground.limits.sdpBytes)
          return refusal("too-large", `answer.sdp: at most ${ground.limits.sdpBytes} bytes.`);
        if (!answer.sdp.startsWith("v=0"))
          return refusal("bad-argument", "answer.sdp is not a session description.");
      }
      if ((given.rejectReason ?? "").length > ground.limits.displayNameChars)
        return refusal("too-large", "reject_reason is too long.");
      return answered(knock, given, now);
    },
    "answer",
  );

/** It has come to a live peer. */
export const deliverKnock = (ground: RegistryGround, place: KnockPlace): Promise<KnockRecord | Refusal> =>
  changeKnock(ground, place, { house: true }, (knock, _side, now) =>
    isOver(asOf(knock, now)) ? knock : delivered(knock, 0),
  );

/** Knocks looked at in one page: each holds an offer of a few KiB. */
const waitingPage = 100;

/** Some of the knocks at live peers that still wait; `next` is what the following page begins after, absent on the last one. */
export const waitingForLivePeers = async (
  ground: RegistryGround,
  after: string,
): Promise<{ readonly knocks: readonly KnockRecord[]; readonly next?: string }> => {
  const knocks: KnockRecord[] = [];
  const now = ground.wallNow();
  const page = await ground.store.scan("knock", undefined, after === "" ? livePrefix : after, waitingPage);
  for (const record of page.records) {
    if (!isLiveId(record.key)) return { knocks };
    const knock = asOf(parsed<KnockRecord>(record).value, now);
    if (!isOver(knock)) knocks.push(knock);
  }
  const last = page.records.at(-1);
  return { knocks, ...(page.more && last !== undefined ? { next: last.key } : {}) };
};

export const cancelKnock = (
  ground: RegistryGround,
  place: KnockPlace,
  asker: Asker,
): Promise<KnockRecord | Refusal> =>
  changeKnock(ground, place, asker, (knock, _side, now) => cancelled(knock, now));

export const addCandidates = (
  ground: RegistryGround,
  place: KnockPlace,
  asker: Asker,
  candidates: readonly CandidateRecord[],
  complete: boolean,
): Promise<KnockRecord | Refusal> =>
  changeKnock(ground, place, asker, (knock, side, now) =>
    withCandidates(knock, side, candidates, complete, now),
  );

/**
 * Reads a knock, waiting until its generation is above `minGeneration`, nothing more can happen to it, or the time is up.
 * One that was answered still gets later candidates.
 */
export const getKnock = async (
  ground: RegistryGround,
  place: KnockPlace,
  asker: Asker,
  waitMs: Millis,
  minGeneration: number,
  abort?: Abort,
): Promise<KnockRecord | Refusal> => {
  const look = async (): Promise<KnockRecord | Refusal> => {
    const found = await readKnock(ground, place.server, place.service, place.id);
    if (found === undefined) return missing(place);
    const side = await sideOf(ground, found.value, asker, "offer");
    return typeof side === "string" ? asOf(found.value, ground.wallNow()) : side;
  };
  const enough = (knock: KnockRecord | Refusal) =>
    isRefusal(knock) || knock.generation > minGeneration || (isOver(knock) && knock.state !== "answered");
  const first = await look();
  if (isRefusal(first)) return first;
  // What expires while we wait writes nothing: be there when it does.
  const dueMs = Math.max(0, first.expiresAt - ground.wallNow());
  const topics: readonly Topic[] = [
    ["knock", openGroup(place.server)],
    ["knock", overGroup(place.server)],
  ];
  return until(ground, topics, Math.min(waitMs, dueMs), look, enough, abort);
};

export interface KnockBatch {
  readonly knocks: readonly KnockRecord[];
  /** Give it back with the next call: it acknowledges these. */
  readonly cursor: string;
}

/** The service a list of knocks is for: one, or (`-`) all of the server. */
export interface KnockQueue {
  readonly server: string;
  readonly service: string;
}

/**
 * Hands out the knocks that wait for an answer and came after the cursor, and marks them delivered. At least once: what was
 * handed out without the cursor coming back is handed out again.
 */
export const takeKnocks = async (
  ground: RegistryGround,
  queue: KnockQueue,
  asker: Asker,
  cursor: string,
  limit: number,
  waitMs: Millis,
  abort?: Abort,
): Promise<KnockBatch | Refusal> => {
  const seen = cursor === "" ? 0 : Number(cursor);
  if (!Number.isSafeInteger(seen) || seen < 0)
    return refusal("bad-argument", "cursor is not one this server gave.");
  const look = async (): Promise<KnockBatch | Refusal> => {
    const server = await readServer(ground, queue.server);
    if (server === undefined) return refusal("not-found", `servers/${queue.server}`);
    if (!owns(ground, asker, server.value.ownerHash)) return notOwner(asker);
    if (queue.service !== "-" && !server.value.services.some((service) => service.id === queue.service)) {
      return refusal("not-found", `servers/${queue.server}/services/${queue.service}`);
    }
    const waiting = (await openKnocks(ground, queue.server, ground.wallNow())).filter(
      ({ value }) =>
        (value.handed ?? Number.POSITIVE_INFINITY) > seen &&
        (queue.service === "-" || value.service === queue.service),
    );
    const handed: KnockRecord[] = [];
    const batch = waiting.length === 0 ? 0 : await ground.store.next();
    for (const { value, record } of waiting.slice(0, limit)) {
      const next = delivered(value, batch);
      // Answered or taken back in this moment: not handed out.
      if (next !== value && (await ground.store.commit([knockWrite(next, record.version)])) === undefined)
        continue;
      handed.push(next);
    }
    return { knocks: handed, cursor: String(Math.max(seen, ...handed.map((knock) => knock.handed ?? 0))) };
  };
  const enough = (batch: KnockBatch | Refusal) => isRefusal(batch) || batch.knocks.length > 0;
  // It may be removed, or lose that service, while its knocks are waited for.
  const topics: readonly Topic[] = [
    ["knock", openGroup(queue.server)],
    ["server", serverTopic(queue.server)],
  ];
  return until(ground, topics, waitMs, look, enough, abort);
};
