// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { keyRing, openSocket, runExchange } from "@signalbox/lan";
import { startDiscovery } from "@signalbox/lan/discovery";
import { mountKeys, startServer } from "./compose.ts";
import { readConfiguration } from "./config/configuration.ts";
import { isProblem } from "./config/readers.ts";
import { folderOf, startBench } from "./testing/bench.ts";

/** Broadcasts of the loopback network: they never leave the machine. */
const broadcast = "127.255.255.255";

/** A UDP port that was free a moment ago, for several to share. */
const freePort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};

const read = (args: readonly string[], environment: { readonly [name: string]: string } = {}) =>
  readConfiguration({ args, environment, mountKeys, onlyFlitter: false });

const lanOf = async (args: readonly string[], environment: { readonly [name: string]: string } = {}) => {
  const configuration = await read(args, environment);
  assert.ok(!isProblem(configuration) && configuration.kind === "serve", JSON.stringify(configuration));
  return configuration.config.lan;
};

const video = (name: string) => `v=0\r\ns=${name}\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n`;

/** A Flitter program on the LAN that knows of no server. */
const program = async (context: TestContext, port: number, secret: string) => {
  let answered: (sdp: string) => void = () => {};
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const exchange = await runExchange({
    role: "caller",
    key: await keyRing().key("studio-7", secret),
    openSocket: () => openSocket({ role: "caller", port, broadcast }),
    ground: {
      now: Date.now,
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      random: (bytes) => Buffer.alloc(bytes, 7),
    },
    negotiator: { begin: async () => video("offer"), finish: async (sdp) => answered(sdp) },
  });
  context.after(exchange.stop);
  return answer;
};

test("ids of the LAN come from the command line, the environment or a file", async (context) => {
  assert.deepEqual(await lanOf(["--lan", "studio-7", "--lan=stage:our secret", "--lan-port", "6000"]), {
    lines: [{ id: "studio-7" }, { id: "stage", secret: "our secret" }],
    port: 6_000,
  });
  assert.deepEqual(await lanOf([], { SIGNALBOX_LAN: "studio-7 stage:s", SIGNALBOX_LAN_HOST: "127.0.0.1" }), {
    lines: [{ id: "studio-7" }, { id: "stage", secret: "s" }],
    host: "127.0.0.1",
  });
  const folder = await folderOf(context, {
    "box.yaml": "lan:\n  - studio-7\n  - { id: stage, room: hall, peer: ann, secret: s }\nlanAnnounce: Box\n",
  });
  assert.deepEqual(await lanOf(["--config", join(folder, "box.yaml")]), {
    lines: [{ id: "studio-7" }, { id: "stage", room: "hall", peer: "ann", secret: "s" }],
    announce: "Box",
  });
  assert.equal(await lanOf([]), undefined);
});

test("an id of the LAN that is none is one sentence, and shows no secret", async () => {
  const configuration = await read(["--lan", ":hush"]);
  assert.ok(isProblem(configuration));
  assert.equal(configuration.problem, "--lan: must be an id, or an id, a colon and a secret");
});

for (const [problem, ...args] of [
  ["--lan: an id can be bridged to a room only once", "--lan", "a", "--lan", "a:other"],
  ["--lan: at most 32 ids can be bridged", ...Array.from({ length: 33 }, (_, index) => `--lan=id-${index}`)],
  [
    "--lan: an id, or the name of its room or its peer, is empty, too long, or holds control characters",
    `--lan=${"x".repeat(257)}:hush`,
  ],
  ["--lan-port needs --lan", "--lan-port", "6000", "--lan-announce", "Box"],
  ["--lan-discovery-port needs --lan-announce", "--lan-discovery-port", "6000", "--lan", "a"],
  ["--lan-dns-sd needs --lan-announce", "--lan-dns-sd", "--lan", "a"],
  ["--lan-host needs --lan or --lan-announce", "--lan-host", "192.0.2.1"],
  ["--lan-broadcast needs --lan or --lan-announce", "--lan-broadcast", "192.0.2.255"],
  [
    '--lan-announce: must be a name of at most 64 characters that can be printed, not "a\\tb"',
    "--lan-announce=a\tb",
  ],
] as const) {
  test(`a configuration of the LAN that makes no sense is one sentence: ${problem}`, async () => {
    assert.deepEqual(await read(args), { problem });
  });
}

test("a program on the LAN that knows of no server reaches a peer in a room", async (context) => {
  const port = await freePort();
  const lan = { lines: [{ id: "studio-7", secret: "ours" }], port, broadcast };
  const bench = await startBench(context, { lan, secret: "let me in" });
  const ann = await bench.connect("/?secret=let%20me%20in");
  const say = (frame: object) => ann.socket.send(JSON.stringify(frame));
  say({ type: "join", id: "ann", room: "default" });
  const answer = program(context, port, "ours");
  for (;;) {
    const frame: { readonly [field: string]: unknown } = JSON.parse(await ann.next());
    if (frame.type !== "call") continue;
    assert.deepEqual([frame.from, frame.offer], ["studio-7", video("offer")]);
    say({ type: "answer", to: "studio-7", answer: video("answer") });
    break;
  }
  assert.equal(await answer, video("answer"));
  assert.doesNotMatch(bench.log(), /ours|m=video|127\.0\.0\.1/);
  const metrics = await (await fetch(`http://${bench.host}/metrics`)).text();
  assert.match(metrics, /^signalbox_lan_packets_total\{result="taken"\} 1$/m);
});

test("a server announces itself where it is told to, under a key it keeps with its data", async (context) => {
  const discoveryPort = await freePort();
  const folder = await folderOf(context, {});
  const listener = await startDiscovery({ port: discoveryPort, interfaces: ["127.0.0.1"], broadcast });
  context.after(() => listener.close());
  const keys: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const came = new Promise<void>((resolve) => {
      const stop = listener.watch(([neighbour]) => {
        if (neighbour === undefined) return;
        stop();
        resolve();
      });
    });
    const lan = { lines: [], host: "127.0.0.1", broadcast, discoveryPort, announce: "Box" };
    const { server } = await startBench(context, { lan, data: join(folder, "data") });
    await came;
    const [box] = listener.neighbours();
    assert.deepEqual([box?.kind, box?.name, box?.url], ["server", "Box", `http://127.0.0.1:${server.port}`]);
    assert.deepEqual(
      box?.services.map(({ protocol }) => protocol),
      ["native", "flitter", "unrupt", "peernet"],
    );
    keys.push(box?.key ?? "");
    const went = new Promise<void>((resolve) => {
      const stop = listener.watch((neighbours) => {
        if (neighbours.length > 0) return;
        stop();
        resolve();
      });
    });
    await server.close();
    await went;
  }
  assert.equal(keys[0], keys[1]);
  assert.match(await readFile(join(folder, "data", "lan-key.pem"), "utf8"), /PRIVATE KEY/);
});

test("a server that only its own machine can reach says so where it announces itself to others", async (context) => {
  // An address of documentation: nothing is sent from a machine that does not have it.
  const lan = { lines: [], host: "192.0.2.1", discoveryPort: await freePort(), announce: "Box" };
  const { log } = await startBench(context, { lan, host: "127.0.0.1" });
  assert.match(log(), /announces itself, but only this machine can reach it/);
});

test("a UDP port that cannot be had is one sentence, and nothing stays open", async (context) => {
  const alone = createSocket("udp4");
  context.after(() => alone.close());
  alone.bind(0);
  await once(alone, "listening");
  const { port } = alone.address();
  const config = { host: "127.0.0.1", port: 0, level: "silent" } as const;
  const pageFolder = join(import.meta.dirname, "no-page");
  for (const [lan, name] of [
    [{ lines: [{ id: "studio-7" }], port, broadcast }, "--lan"],
    [{ lines: [], announce: "Box", discoveryPort: port, host: "127.0.0.1", broadcast }, "--lan-announce"],
  ] as const) {
    await assert.rejects(startServer({ ...config, lan }, { pageFolder }), {
      name: "StartFailure",
      message: new RegExp(`^${name}: .*EADDRINUSE`),
    });
  }
});
