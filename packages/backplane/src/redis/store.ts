// SPDX-License-Identifier: MIT
import type { Stop } from "@signalbox/core";
import { type RecordKind, type Store, StoreAway, type StoredRecord } from "@signalbox/core/registry";
import { watchers } from "../watchers.ts";
import type { Keys } from "./keys.ts";
import type { Link, Reply, Script } from "./link.ts";
import * as scripts from "./registry-scripts.ts";

export interface StoreParts {
  /** Tells this process from the others. */
  readonly node: string;
  readonly keys: Keys;
  readonly link: Link;
  readonly failed: (error: unknown) => void;
}

export interface RedisStore extends Store {
  /** Takes what came on a channel, where it is about a record. */
  heard(channel: string, text: string): boolean;
  /** Looks again at everything that is waited for: something may have gone unheard. */
  wakeAll(): void;
  /** Settles when every watch that was begun hears of changes. */
  settled(): Promise<void>;
}

const recordOf = (kind: RecordKind, key: string, text: string): StoredRecord => {
  const first = text.indexOf("\n");
  const second = text.indexOf("\n", first + 1);
  const [version = "0", expires = "-"] = text.slice(0, first).split(" ");
  const group: string = JSON.parse(text.slice(first + 1, second));
  return {
    kind,
    key,
    group,
    value: text.slice(second + 1),
    version: Number(version),
    ...(expires === "-" ? {} : { expiresAt: Number(expires) }),
  };
};

const listOf = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? reply : []);

/** The registry's records in Redis, shared by all nodes. */
export const redisStore = ({ node, keys, link, failed }: StoreParts): RedisStore => {
  const watching = watchers();
  /** How often each channel is watched on this node. */
  const topics = new Map<string, { kind: RecordKind; group: string; count: number }>();
  let subscribing: Promise<unknown> = Promise.resolve();
  const channelOf = (kind: RecordKind, group: string) => `${keys.wakes}${kind} ${JSON.stringify(group)}`;

  const ask = async (script: Script, args: readonly (string | number)[]): Promise<Reply> => {
    const reply = await link.evaluate(script, keys.registry, args);
    if (reply === undefined) throw new StoreAway("Redis is away");
    return reply;
  };
  const wakeTopic = (channel: string): void => {
    const topic = topics.get(channel);
    if (topic !== undefined) watching.wake(topic.kind, topic.group);
  };

  return {
    async get(kind, key) {
      const [text] = listOf(await ask(scripts.getScript, [kind, key]));
      return text === undefined ? undefined : recordOf(kind, key, String(text));
    },
    async scan(kind, group, after, limit) {
      const reply = listOf(
        await ask(scripts.scanScript, [kind, group === undefined ? "" : JSON.stringify(group), after, limit]),
      );
      const found: StoredRecord[] = [];
      for (let at = 0; at < reply.length; at += 2)
        found.push(recordOf(kind, String(reply[at]), String(reply[at + 1])));
      return { records: found.slice(0, limit), more: found.length > limit };
    },
    async count(kind, group) {
      return Number(await ask(scripts.countScript, [kind, JSON.stringify(group)]));
    },
    async commit(writes) {
      const args = writes.flatMap(({ kind, key, expects, becomes, wakes }) => [
        kind,
        key,
        expects,
        becomes === undefined ? "remove" : "put",
        JSON.stringify(becomes?.group ?? ""),
        becomes?.expiresAt ?? "-",
        becomes?.value ?? "",
        wakes === undefined ? "-" : JSON.stringify(wakes),
      ]);
      const [answer, touched] = listOf(await ask(scripts.commitScript, [keys.wakes, node, ...args]));
      const [, ...versions] = listOf(answer);
      if (touched === undefined) return undefined;
      // Whoever waits here is woken at once; the word that comes back over Redis is for the others.
      for (const topic of listOf(touched)) wakeTopic(`${keys.wakes}${topic}`);
      return versions.map(Number);
    },
    next: async () => Number(await ask(scripts.nextScript, [])),
    async expired(now, limit) {
      const reply = listOf(await ask(scripts.expiredScript, [now, limit]));
      const found: StoredRecord[] = [];
      for (let at = 0; at < reply.length; at += 3)
        found.push(recordOf(reply[at] as RecordKind, String(reply[at + 1]), String(reply[at + 2])));
      return found;
    },
    watch(kind, group, wake): Stop {
      const channel = channelOf(kind, group);
      const topic = topics.get(channel) ?? { kind, group, count: 0 };
      topic.count += 1;
      topics.set(channel, topic);
      const stopWatching = watching.watch(kind, group, wake);
      if (topic.count === 1) {
        // What changed before Redis listened went unheard: look once more.
        const listening = link.subscribe(channel, "scripts").then(() => wakeTopic(channel));
        listening.catch(failed);
        subscribing = Promise.allSettled([subscribing, listening]);
      }
      let over = false;
      return () => {
        if (over) return;
        over = true;
        stopWatching();
        topic.count -= 1;
        if (topic.count > 0) return;
        topics.delete(channel);
        link.unsubscribe(channel).catch(failed);
      };
    },
    heard(channel, text) {
      if (!channel.startsWith(keys.wakes)) return false;
      if (text !== node) wakeTopic(channel);
      return true;
    },
    wakeAll() {
      for (const channel of topics.keys()) wakeTopic(channel);
    },
    settled: async () => {
      await subscribing;
    },
  };
};
