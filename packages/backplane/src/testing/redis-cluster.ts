// SPDX-License-Identifier: MIT
/** A real Redis Cluster on loopback ports: masters, and as many replicas for each. */
import slotOfKey from "cluster-key-slot";
import { freePort, type RedisProcess, startRedis } from "./redis-process.ts";

export interface RedisClusterProcesses {
  /** Of the first master. */
  readonly url: string;
  /** All servers, the masters of the beginning first. */
  readonly servers: readonly RedisProcess[];
  /** The master that has a key now. */
  masterOf(key: string): Promise<RedisProcess>;
  /**
   * Moves the slot of a key to another master as `redis-cli --cluster reshard` does. `halfway`: called when one of its keys has gone,
   * if it has any.
   */
  move(key: string, to: RedisProcess, halfway?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterSize {
  readonly masters: number;
  readonly replicasEach: number;
  /** How long a server may say nothing. Milliseconds. */
  readonly nodeTimeoutMs: number;
}

const slotCount = 16_384;

export const slotOf = (key: string): number => slotOfKey(key);

/** Until a server's answer is as it should be. Nothing but the server is waited for. */
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds()));
};

export const startRedisCluster = async ({
  masters,
  replicasEach,
  nodeTimeoutMs,
}: RedisClusterSize): Promise<RedisClusterProcesses> => {
  const busPorts = new Map<RedisProcess, number>();
  const start = async (): Promise<RedisProcess> => {
    // By default it is the port and 10 000, which may be beyond all ports.
    const busPort = await freePort();
    const server = await startRedis([
      ...["--cluster-enabled", "yes", "--cluster-port", String(busPort)],
      ...["--cluster-node-timeout", String(nodeTimeoutMs), "--cluster-replica-validity-factor", "0"],
      ...["--repl-diskless-sync-delay", "0"],
    ]);
    busPorts.set(server, busPort);
    return server;
  };
  const servers = await Promise.all(Array.from({ length: masters * (1 + replicasEach) }, start));
  const [first] = servers;
  if (first === undefined) throw new Error("a cluster of no server");
  const idOf = async (server: RedisProcess): Promise<string> =>
    (await server.command("cluster", "myid")).trim();
  const says = async (server: RedisProcess, section: "info" | "nodes", what: RegExp, times = 1) =>
    [...(await server.command("cluster", section)).matchAll(what)].length === times;

  for (const [index, server] of servers.slice(0, masters).entries()) {
    const from = Math.floor((index * slotCount) / masters);
    const to = Math.floor(((index + 1) * slotCount) / masters) - 1;
    await server.command("cluster", "addslotsrange", String(from), String(to));
    await server.command("cluster", "set-config-epoch", String(index + 1));
  }
  for (const server of servers.slice(1)) {
    await first.command("cluster", "meet", "127.0.0.1", String(server.port), String(busPorts.get(server)));
  }
  const serves = (server: RedisProcess) => says(server, "info", /^cluster_state:ok/gm);
  for (const server of servers) {
    await until(
      async () =>
        (await serves(server)) &&
        (await says(server, "nodes", /127\.0\.0\.1:[1-9]\d*@\d+ (\S+,)?(master|slave) /g, servers.length)),
    );
  }
  for (const [index, replica] of servers.slice(masters).entries()) {
    const master = servers[index % masters];
    if (master === undefined) throw new Error("a replica of no master");
    await replica.command("cluster", "replicate", await idOf(master));
  }
  for (const replica of servers.slice(masters)) {
    await until(async () => (await replica.command("info", "replication")).includes("master_link_status:up"));
  }
  for (const server of servers) {
    await until(() => says(server, "nodes", /\bslave /g, servers.length - masters));
  }

  const masterOf = async (key: string): Promise<RedisProcess> => {
    for (const server of servers) {
      const slots = await server.command("cluster", "nodes").catch(() => "");
      const own = /myself,master.* connected (.*)$/m.exec(slots)?.[1] ?? "";
      for (const range of own.split(" ")) {
        const [from = Number.NaN, to = from] = range.split("-").map(Number);
        if (slotOf(key) >= from && slotOf(key) <= to) return server;
      }
    }
    throw new Error(`no server has ${key}`);
  };
  return {
    url: first.url,
    servers,
    masterOf,
    async move(key, to, halfway) {
      const from = await masterOf(key);
      const slot = String(slotOf(key));
      const [source, target] = [await idOf(from), await idOf(to)];
      await to.command("cluster", "setslot", slot, "importing", source);
      await from.command("cluster", "setslot", slot, "migrating", target);
      for (let batch = 1; ; batch = 1_000) {
        const listed = (await from.command("cluster", "getkeysinslot", slot, String(batch))).trim();
        const found = listed === "" ? [] : listed.split("\n");
        if (found.length > 0)
          await from.command("migrate", "127.0.0.1", String(to.port), "", "0", "5000", "keys", ...found);
        if (batch === 1) await halfway?.();
        else if (found.length === 0) break;
      }
      await to.command("cluster", "setslot", slot, "node", target);
      await from.command("cluster", "setslot", slot, "node", target);
    },
    async stop() {
      for (const server of servers) await server.stop();
    },
  };
};
