// SPDX-License-Identifier: MIT
/**
 * The connections to the masters of a Redis Cluster, as one link: a key's commands go to the master that has its slot. While one
 * master is not there, none is used: what is known of the others would be half of it. A command that was under way when a connection
 * broke is never sent again; one that a master answered with "not here" was not carried out, and is.
 */
import type { Millis } from "@signalbox/core";
import { carrier } from "./carry-out.ts";
import { connectionWords, digestOf, RedisFailure, silent } from "./connection.ts";
import { createLanes } from "./lanes.ts";
import type { Link, LinkParts, Reply, Script } from "./link.ts";
import { createMaster, type Master, type RunScript } from "./master.ts";
import { type Address, shownAddress, shownPlace } from "./place.ts";
import { type ClusterView, latestOf, ownersOf, slotOf } from "./slot-map.ts";

/** The first pause before something is tried again; each further one is twice as long, up to the longest. Milliseconds. */
const pauseMs = 20;
/** 500 ms: nodes that lost the same master come back at about the same time. */
const pauseMaxMs = 500;
/** How long what is under way may take to come to its end. Milliseconds. */
const settleWithinMs = 2_000;

export const connectCluster = async (parts: LinkParts): Promise<Link> => {
  const { place, clock } = parts;
  const scripts = new Map(parts.scripts.map((script) => [script, digestOf(script.text)]));
  const texts = parts.scripts.map(({ text }) => text);
  const channels = new Map<string, "scripts" | "everybody">();
  const masters = new Map<string, Master>();
  /** Whom to ask when no master is connected. */
  let known: readonly Address[] = [];
  let owners: readonly string[] = [];
  let ready = false;
  let closed = false;
  let mending = false;
  /** How often something broke. What was begun before the last time is not to be finished. */
  let troubles = 0;
  let refreshing: Promise<void> | undefined;
  let lastWhy = "";
  let run = "";
  let wake: (() => void) | undefined;

  const pause = (ms: Millis): Promise<void> =>
    new Promise((resolve) => {
      clock.after(ms, resolve);
    });
  const failed = (error: unknown): void => {
    // Nothing here throws but by mistake.
    queueMicrotask(() => {
      throw error;
    });
  };
  const lanes = createLanes(() => wake?.(), failed);

  const masterAt = async (address: Address): Promise<Master> => {
    const name = shownAddress(address);
    const found = masters.get(name);
    if (found !== undefined && !found.lost) return found;
    const made = createMaster({
      place,
      address,
      clock,
      scripts: texts,
      heard: parts.heard,
      lost(why) {
        if (masters.get(name) !== made) return;
        masters.delete(name);
        mend(`${name}: ${why}`);
      },
      channelMoved() {
        if (masters.get(name) === made) mend("the slot of a channel moved");
      },
    });
    try {
      await made.prepare();
    } catch (error) {
      made.close();
      if (error instanceof RedisFailure) throw error;
      throw new RedisFailure(`Redis at ${name} cannot be used: ${connectionWords(error)}`);
    }
    if (made.lost) throw new RedisFailure(`Redis at ${name} cannot be used: ${silent}`);
    // Somebody may have been quicker.
    const other = masters.get(name);
    if (closed || (other !== undefined && !other.lost)) {
      made.close();
      if (other !== undefined && !closed) return other;
      throw new RedisFailure("closed");
    }
    masters.set(name, made);
    return made;
  };

  /** What the cluster looks like now. Asks everybody it is connected to; where that is nobody, whoever may know. */
  const look = async (preferred?: string): Promise<ClusterView> => {
    const views: { from: string; view: ClusterView }[] = [];
    const whys: string[] = [];
    const ask = async (asked: Master | Address): Promise<void> => {
      try {
        const master = "view" in asked ? asked : await masterAt(asked);
        views.push({ from: master.name, view: await master.view() });
      } catch (error) {
        whys.push(connectionWords(error));
      }
    };
    await Promise.all([...masters.values()].map(ask));
    const others = new Map([...known, place, ...place.others].map((one) => [shownAddress(one), one]));
    for (const [name, address] of others) {
      const latest = latestOf(views, preferred);
      if (latest !== undefined) return latest;
      if (!masters.has(name) && !closed) await ask(address);
    }
    const latest = latestOf(views, preferred);
    if (latest !== undefined) return latest;
    throw new RedisFailure(views.length > 0 ? "the cluster does not serve" : whys.join("; ") || silent);
  };

  /** Connects to those that are masters, and to no others; not where something broke meanwhile. */
  const adopt = async (view: ClusterView, before: number): Promise<void> => {
    const next = ownersOf(view);
    if (next.includes("")) throw new RedisFailure("there are slots that no server has");
    const wanted = new Map(view.ranges.map(({ master }) => [shownAddress(master), master]));
    await Promise.all([...wanted.values()].map(masterAt));
    if (before !== troubles) return;
    for (const [name, master] of [...masters]) {
      if (wanted.has(name)) continue;
      masters.delete(name);
      master.close();
    }
    owners = next;
    known = view.ranges.flatMap(({ master, replicas }) => [master, ...replicas]);
  };

  const ownerOf = (slot: number): Master | undefined => {
    const master = masters.get(owners[slot] ?? "");
    return master?.lost === false ? master : undefined;
  };

  const listen = async (channel: string): Promise<void> => {
    const from = channels.get(channel);
    const master = ownerOf(slotOf(channel));
    if (from === undefined || master === undefined) throw new RedisFailure("the connection was closed");
    await master.listen(channel, from);
  };

  /** Listens to all channels where they are, including those that are asked for meanwhile, and nowhere else. */
  const listenToAll = async (): Promise<void> => {
    const placed = new Set<string>();
    for (;;) {
      const missing = [...channels.keys()].filter((channel) => !placed.has(channel));
      if (missing.length === 0) return;
      await Promise.all(missing.map(listen));
      for (const channel of missing) {
        placed.add(channel);
        for (const master of masters.values()) {
          if (master !== ownerOf(slotOf(channel))) await master.unlisten(channel);
        }
      }
    }
  };

  const assemble = async (): Promise<void> => {
    const before = troubles;
    await adopt(await look(), before);
    if (before === troubles) await listenToAll();
    if (before !== troubles) throw new RedisFailure(lastWhy);
    run = [...masters.values()]
      .map(({ nature }) => nature.run)
      .sort()
      .join(" ");
    ready = true;
  };

  /** What was under way is over when all is begun anew: nothing of it may be carried out after that. */
  const quiet = async (): Promise<void> => {
    if (lanes.idle) return;
    const cancel = clock.after(settleWithinMs, () => {
      for (const master of masters.values()) master.fail(silent);
    });
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    wake = undefined;
    cancel();
  };

  const mend = (why: string): void => {
    lastWhy = why;
    troubles += 1;
    if (ready) {
      ready = false;
      lanes.clear();
      if (!closed) parts.went(why);
    }
    if (mending || closed || owners.length === 0) return;
    mending = true;
    const again = async (): Promise<void> => {
      for (let times = 0; !closed; times += 1) {
        await quiet();
        try {
          await assemble();
          break;
        } catch (error) {
          lastWhy = connectionWords(error);
          await pause(Math.min(pauseMs * 2 ** times, pauseMaxMs));
        }
      }
      mending = false;
      if (ready) parts.came();
      // Something broke in that very moment.
      else if (!closed) mend(lastWhy);
    };
    again().catch(failed);
  };

  /** Somebody was asked who does not have the slot any more. */
  const refresh = (preferred: Address): Promise<void> => {
    refreshing ??= (async () => {
      const before = troubles;
      try {
        const view = await look(shownAddress(preferred));
        if (before !== troubles) return;
        const next = new Set(ownersOf(view));
        // A replica that took over may not know the last of what its master took.
        if ([...new Set(owners)].some((name) => !next.has(name))) mend("another server took over");
        else await adopt(view, before);
      } catch (error) {
        mend(connectionWords(error));
      }
    })().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  const carryOut = carrier({
    lanes,
    pause,
    owner: (slot) => (ready ? ownerOf(slot) : undefined),
    masterAt,
    refresh,
    mend,
  });

  const close = (): void => {
    closed = true;
    ready = false;
    lanes.clear();
    for (const master of masters.values()) master.close();
    masters.clear();
  };
  try {
    await assemble();
  } catch (error) {
    close();
    if (error instanceof RedisFailure && error.message.startsWith("Redis at ")) throw error;
    throw new RedisFailure(`Redis Cluster at ${shownPlace(place)} cannot be used: ${connectionWords(error)}`);
  }

  const named = (script: Script, whole: boolean): RunScript => {
    const digest = scripts.get(script);
    if (digest === undefined) throw new Error("a script that was not named when the link was made");
    return { text: script.text, digest, whole };
  };
  return {
    get ready() {
      return ready;
    },
    get run() {
      return run;
    },
    get version() {
      return [...new Set([...masters.values()].map(({ nature }) => nature.name))].join(", ");
    },
    get persists() {
      const all = [...masters.values()].map(({ persists }) => persists);
      return all.includes(true) ? true : all.includes(undefined) ? undefined : false;
    },
    several: true,
    async evaluate(script, key, args) {
      if (!ready) return undefined;
      return carryOut<Reply>({
        key,
        patient: script.patient === true,
        ask: (master, whole) => master.run(named(script, whole), key, args, false),
        ...(script.alone === true
          ? { askThere: (master: Master) => master.run(named(script, true), key, args, true) }
          : {}),
      });
    },
    async publish(channel, text) {
      if (!ready) return undefined;
      return carryOut({
        key: channel,
        patient: false,
        ask: (master) => master.publish(channel, text),
      });
    },
    async subscribe(channel, from) {
      channels.set(channel, from);
      if (!ready) return;
      try {
        await listen(channel);
      } catch (error) {
        mend(connectionWords(error));
      }
    },
    async unsubscribe(channel) {
      channels.delete(channel);
      try {
        for (const master of masters.values()) await master.unlisten(channel);
      } catch (error) {
        mend(connectionWords(error));
      }
    },
    check() {
      if (!ready) return;
      for (const master of masters.values()) {
        // A failure is told as the loss of that master.
        master.readClock().catch(() => {});
      }
    },
    reset(why) {
      for (const master of [...masters.values()]) master.fail(why);
      mend(why);
    },
    close,
  };
};
