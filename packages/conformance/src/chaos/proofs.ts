// SPDX-License-Identifier: MIT
/** Faults with guests placed for them: what goes on, what is refused and what is told meanwhile, read from the guests' own histories. */
import assert from "node:assert/strict";
import { setTimeout as passing } from "node:timers/promises";
import type { Change } from "./chronicle.ts";
import { type Fault, twoOf } from "./faults.ts";
import type { ServerNode } from "./nodes.ts";
import type { ChaosPeer } from "./peer.ts";
import { eventually, rest, type Stage } from "./stage.ts";

/** Signals each of two guests sends to show that they can. */
const someSignals = 20;

let serial = 0;
/** Ids that nobody had before. */
const fresh = (): string => {
  serial += 1;
  return String(serial);
};

/** Waits as long as it takes: its node may stand still. */
const patient = { patienceMs: Number.POSITIVE_INFINITY };
const at = (node: ServerNode) => () => node.url;

const welcome = async (stage: Stage, ...guests: readonly ChaosPeer[]): Promise<void> => {
  for (const guest of guests) stage.peers.add(guest);
  await rest(stage);
};
const dismiss = async (stage: Stage, ...guests: readonly ChaosPeer[]): Promise<void> => {
  for (const guest of guests) {
    stage.peers.delete(guest);
    guest.end();
  }
  await rest(stage);
};

const sentTo = ({ history }: ChaosPeer, session: string | undefined, from: number) =>
  history.sent.slice(from).filter(({ toSession }) => toSession === session);

/** Each sends the other some signals, which arrive. */
const converse = async (stage: Stage, one: ChaosPeer, other: ChaosPeer): Promise<void> => {
  const from = [one.history.sent.length, other.history.sent.length] as const;
  const arrived = (by: ChaosPeer, to: ChaosPeer, since: number) =>
    sentTo(by, to.session, since).filter(
      ({ fate, number }) =>
        fate === "sent" && to.history.stay?.took.get(by.session ?? "")?.includes(number) === true,
    ).length;
  await eventually(stage, `${one.id} and ${other.id} call each other`, () => {
    one.say(other.session);
    other.say(one.session);
    return arrived(one, other, from[0]) >= someSignals && arrived(other, one, from[1]) >= someSignals;
  });
};

/** A signal to a node that cannot be reached is refused with this code. */
const refusedTo = async (stage: Stage, one: ChaosPeer, other: ChaosPeer, code: string): Promise<void> => {
  const from = one.history.sent.length;
  await eventually(stage, `a signal of ${one.id} to ${other.id} is refused as ${code}`, () => {
    one.say(other.session);
    return sentTo(one, other.session, from).some(({ why }) => why === code);
  });
};

const refused = (stage: Stage, guest: ChaosPeer, code: string): Promise<void> => {
  const before = guest.history.refusals.length;
  return eventually(stage, `${guest.id} is refused as ${code}`, () =>
    guest.history.refusals.slice(before).includes(code),
  );
};

const stayed = (guest: ChaosPeer, gaps: number): void => {
  const { stays } = guest.history;
  assert.deepEqual(
    stays.map((stay) => [stay.gaps, stay.over]),
    [[gaps, false]],
    `${guest.id} did not keep its session`,
  );
};

/** The lease under which the directory holds a session: node and epoch. */
const leaseOf = async ({ redis }: Stage, session: string | undefined): Promise<string> => {
  const key = (await redis.command("keys", "signalbox:*:m")).split("\n")[0] ?? "";
  const held = await redis.command("hgetall", key);
  const found = new RegExp(`${session}\n\\d+ (\\S+ \\S+) `).exec(held)?.[1];
  return found ?? assert.fail(`the directory holds no ${session}`);
};
/** Its end, in milliseconds of the server's time. */
const endOf = async ({ redis }: Stage, lease: string): Promise<number> =>
  Number(await redis.command("zscore", "signalbox:{nodes}", lease));
const timeOf = async ({ redis }: Stage): Promise<number> => {
  const [seconds, micros] = (await redis.command("time")).split("\n").map(Number);
  return (seconds ?? 0) * 1_000 + (micros ?? 0) / 1_000;
};

const indexOf = (changes: readonly Change[], kind: Change["kind"], session: string | undefined): number =>
  changes.findIndex((change) => change.kind === kind && change.session === session);

/** Whoever was told of the heir of an id was never told of its former holder again. */
const notBroughtBack = (stage: Stage, former: string | undefined, heir: string | undefined): void => {
  for (const { id, history } of stage.all) {
    const since = indexOf(history.changes, "joined", heir);
    const again = since < 0 ? -1 : indexOf(history.changes.slice(since), "joined", former);
    assert.equal(again, -1, `${id} was told that ${former} is back`);
  }
};

/**
 * Its peers are told gone, in this order: its lease ends, gus is told to have left, another gus comes. Hal, who comes back with his session at
 * once, keeps his id; where that was before the end of the lease, nobody notices.
 */
const killed = async (stage: Stage): Promise<void> => {
  const [here, there] = twoOf(stage);
  const [name, other] = [`gus ${fresh()}`, `hal ${fresh()}`];
  let place = here;
  const [gus, hal] = [stage.guest(name, at(here)), stage.guest(other, () => place.url)];
  await welcome(stage, gus, hal);
  const heir = stage.guest(name, at(there));
  await refused(stage, heir, "id-taken");
  const lease = await leaseOf(stage, gus.session);
  const former = gus.session;
  // Who is told of a gap is shown the room as it stands, and not what happened to it.
  const told = [...stage.peers].map((peer) => {
    const { gaps, changes } = { gaps: peer.history.stay?.gaps, changes: peer.history.changes.length };
    return { peer, gaps, changes, session: peer.session };
  });
  await here.kill();
  const killedAt = performance.now();
  gus.stop();
  stage.peers.delete(gus);
  place = there;
  const end = await endOf(stage, lease);
  await eventually(stage, "hal comes back", () => hal.history.stay?.gaps === 1);
  const unnoticed = (await timeOf(stage)) < end;
  await eventually(stage, "gus is somebody else", () => heir.present);
  stage.goneMs.push(Math.round(performance.now() - killedAt));
  assert.ok((await timeOf(stage)) >= end, "the id was given away before the end of its lease");
  await welcome(stage, heir);
  stayed(hal, 1);
  for (const { peer, gaps, changes, session } of told) {
    if (peer === gus || peer.session !== session || peer.history.stay?.gaps !== gaps) continue;
    const since = peer.history.changes.slice(changes);
    const [left, joined] = [indexOf(since, "left", former), indexOf(since, "joined", heir.session)];
    assert.ok(left >= 0 && left < joined, `${peer.id} was not told that gus left, and then of the other`);
    if (unnoticed) assert.equal(indexOf(since, "left", hal.session), -1, `${peer.id} was told that hal left`);
  }
  await here.start();
  await dismiss(stage, heir, hal);
};

/** What another took over while the node stood still is closed when it goes on; what nobody took stays. */
const stoodStill = async (stage: Stage): Promise<void> => {
  const [here, there] = twoOf(stage);
  const name = `gus ${fresh()}`;
  const [gus, hal] = [stage.guest(name, at(here), patient), stage.guest(`hal ${fresh()}`, at(here), patient)];
  await welcome(stage, gus, hal);
  const former = gus.session;
  const lease = await leaseOf(stage, former);
  here.freeze();
  const end = await endOf(stage, lease);
  const heir = stage.guest(name, at(there));
  await eventually(stage, "gus is somebody else", () => heir.present);
  assert.ok((await timeOf(stage)) >= end, "the id was given away before the end of its lease");
  here.thaw();
  await closedAs(stage, gus);
  stage.peers.delete(gus);
  await welcome(stage, heir);
  stayed(hal, 0);
  notBroughtBack(stage, former, heir.session);
  await dismiss(stage, heir, hal);
};

/** The former holder of an id is told that its stay is over, and stays away. */
const closedAs = async (stage: Stage, guest: ChaosPeer): Promise<void> => {
  await eventually(stage, `${guest.id} is closed`, () => guest.history.stays[0]?.over === true);
  assert.equal(guest.history.closings[0], "id-taken");
  guest.stop();
};

/** Beyond its lease calls on it go on and claims are refused; on the other side an id is claimed, and its former holder is closed after. */
const cutOff = async (stage: Stage): Promise<void> => {
  const [here, there] = twoOf(stage);
  const [name, other] = [`gus ${fresh()}`, `hal ${fresh()}`];
  const [gus, hal] = [stage.guest(name, at(here), patient), stage.guest(other, at(here), patient)];
  const kim = stage.guest(`kim ${fresh()}`, at(there));
  await welcome(stage, gus, hal, kim);
  const former = gus.session;
  here.proxy.cut();
  const heir = stage.guest(name, at(there));
  await eventually(stage, "gus is somebody else", () => heir.present);
  // Its lease is over.
  const ivy = stage.guest(`ivy ${fresh()}`, at(here));
  await refused(stage, ivy, "cluster-away");
  await converse(stage, gus, hal);
  await refusedTo(stage, gus, kim, "cluster-away");
  await refused(stage, ivy, "cluster-away");
  assert.deepEqual([gus.session, ivy.present], [former, false]);
  here.proxy.mend();
  await closedAs(stage, gus);
  stage.peers.delete(gus);
  await welcome(stage, heir, ivy);
  for (const guest of [hal, kim]) stayed(guest, 0);
  notBroughtBack(stage, former, heir.session);
  await dismiss(stage, heir, hal, kim, ivy);
};

/** Calls within a node go on, everything else is refused as `cluster-away`, and nobody loses anything. */
const unreachable = async (stage: Stage): Promise<void> => {
  const [here, there] = twoOf(stage);
  const guests = [here, here, there].map((node) => stage.guest(`guest ${fresh()}`, at(node), patient));
  const [gus, hal, kim] = guests;
  if (gus === undefined || hal === undefined || kim === undefined) return;
  await welcome(stage, ...guests);
  for (const { proxy } of stage.nodes) proxy.cut();
  const ivy = stage.guest(`ivy ${fresh()}`, at(here));
  await refused(stage, ivy, "cluster-away");
  await converse(stage, gus, hal);
  await refusedTo(stage, gus, kim, "cluster-away");
  await refusedTo(stage, kim, hal, "cluster-away");
  await refused(stage, ivy, "cluster-away");
  // Beyond every lease, too.
  await passing(stage.leaseMs * 2 * stage.draw());
  await converse(stage, gus, hal);
  assert.equal(ivy.present, false);
  for (const { proxy } of stage.nodes) proxy.mend();
  await welcome(stage, ivy);
  for (const guest of guests) stayed(guest, 0);
  await dismiss(stage, ...guests, ivy);
};

/** Nobody is told of a gap, and nobody loses its session. */
const withItsData = async (stage: Stage): Promise<void> => {
  const { redis, peers, draw, leaseMs } = stage;
  const before = [...peers].map((peer) => [peer.session, peer.history.stay?.gaps]);
  await redis.shutDown();
  await passing(leaseMs * 2 * draw());
  await redis.restart();
  await rest(stage);
  assert.deepEqual(
    [...peers].map((peer) => [peer.session, peer.history.stay?.gaps]),
    before,
  );
};

/** What is shown of a fault beyond the promises that hold always. */
export const proofs: { readonly [F in Fault]?: (stage: Stage) => Promise<void> } = {
  "a node is killed": killed,
  "a node stands still beyond its lease": stoodStill,
  "a node is cut off from Redis beyond its lease": cutOff,
  "Redis is unreachable for a while": unreachable,
  "Redis is restarted with its data": withItsData,
};
