// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { mountKeys } from "../compose.ts";
import { folderOf } from "../testing/bench.ts";
import { type Configuration, readConfiguration } from "./configuration.ts";
import { helpText } from "./help.ts";
import { environmentName, optionTable } from "./options.ts";
import { isProblem } from "./readers.ts";

type Environment = { readonly [name: string]: string };

const read = (args: readonly string[], environment: Environment = {}, onlyFlitter = false) =>
  readConfiguration({ args, environment, mountKeys, onlyFlitter });

type Serve = Extract<Configuration, { readonly kind: "serve" }>;

const serve = async (args: readonly string[], environment: Environment = {}): Promise<Serve> => {
  const configuration = await read(args, environment);
  assert.ok(!isProblem(configuration), JSON.stringify(configuration));
  assert.equal(configuration.kind, "serve");
  return configuration as Serve;
};

const problem = async (
  args: readonly string[],
  environment: Environment = {},
  onlyFlitter = false,
): Promise<string> => {
  const configuration = await read(args, environment, onlyFlitter);
  assert.ok(isProblem(configuration), JSON.stringify(configuration));
  assert.equal(configuration.problem.includes("\n"), false, "one line");
  return configuration.problem;
};

const fileOf = async (t: TestContext, content: string, name = "box.yaml"): Promise<string> =>
  join(await folderOf(t, { [name]: content }), name);

test("nothing said is a configuration: open to all, everything by default", async () => {
  const { config, identity } = await serve([]);
  assert.deepEqual(config, { ice: { servers: [] }, level: "notice" });
  assert.deepEqual(identity, {});
});

test("Flitter's options mean what they mean there", async () => {
  const args = [
    "--host=127.0.0.1",
    "--port",
    "9000",
    "--certificate",
    "c.pem",
    "--key=k.pem",
    "--user",
    "www",
    "--group",
    "net",
  ];
  const { config, identity } = await serve([...args, "--verbose"]);
  assert.deepEqual(config, {
    host: "127.0.0.1",
    port: 9000,
    tls: { certificate: "c.pem", key: "k.pem" },
    ice: { servers: [] },
    level: "info",
  });
  assert.deepEqual(identity, { user: "www", group: "net" });
});

for (const [flag, level] of [
  ["--trace", "trace"],
  ["--debug", "debug"],
  ["--verbose", "info"],
  ["--quiet", "warn"],
] as const) {
  test(`${flag} logs from ${level} up`, async () => {
    assert.equal((await serve([flag])).config.level, level);
  });
}

test("a flag outranks the environment, which outranks the file, which outranks the default", async (t) => {
  const file = await fileOf(t, "port: 1\nhost: 127.0.0.1\nbasePath: /file\n");
  const { config } = await serve(["--config", file, "--port", "3"], {
    SIGNALBOX_PORT: "2",
    SIGNALBOX_BASE_PATH: "/env",
  });
  assert.equal(config.port, 3);
  assert.equal(config.basePath, "/env");
  assert.equal(config.host, "127.0.0.1");
});

test("verbosity is decided by the source of highest rank alone", async (t) => {
  const file = await fileOf(t, "trace: true\n");
  assert.equal((await serve(["--config", file, "--quiet"])).config.level, "warn");
  assert.equal((await serve(["--config", file], { SIGNALBOX_DEBUG: "1" })).config.level, "debug");
  assert.equal((await serve(["--config", file], { SIGNALBOX_TRACE: "0" })).config.level, "notice");
});

test("the environment can name the file", async (t) => {
  const file = await fileOf(t, '{"port": 7}', "box.json");
  assert.equal((await serve([], { SIGNALBOX_CONFIG: file })).config.port, 7);
});

test("an empty variable is not set, and several values are separated by spaces", async () => {
  const { config } = await serve([], { SIGNALBOX_PORT: "", SIGNALBOX_STUN: " stun:a  stun:b " });
  assert.equal(config.port, undefined);
  assert.deepEqual(config.ice?.servers, [{ urls: ["stun:a", "stun:b"] }]);
});

test("a variable that begins like ours and is none is remarked on, but for those of container runtimes", async () => {
  const { remarks } = await serve([], {
    SIGNALBOX_PROT: "1",
    SIGNALBOX_SERVICE_HOST: "10.0.0.1",
    SIGNALBOX_PORT_8080_TCP: "tcp://10.0.0.1:8080",
  });
  assert.deepEqual(remarks, ["the environment variable SIGNALBOX_PROT means nothing here"]);
});

test("limits of several sources are joined name by name", async (t) => {
  const file = await fileOf(t, "limits:\n  roomMembers: 5\n  drainMs: 100\n");
  const { config } = await serve(["--config", file, "--limit", "roomMembers=6", "--limit", "frameBytes=7"]);
  assert.deepEqual(config.limits, { roomMembers: 6, drainMs: 100, frameBytes: 7 });
});

test("a mount is a word on the command line and a group in a file", async (t) => {
  const expected = [
    { dialect: "unrupt", path: "/websocket/", room: "hall", announced: true },
    { dialect: "flitter", off: true },
  ];
  const line = await serve(["--mount", "unrupt=/websocket/,room=hall,announced", "--mount", "flitter=off"]);
  assert.deepEqual(line.config.mounts, expected);
  const file = await fileOf(
    t,
    "mounts:\n  - {dialect: unrupt, path: /websocket/, room: hall, announced: true}\n  - {dialect: flitter, off: true}\n",
  );
  assert.deepEqual((await serve(["--config", file])).config.mounts, expected);
});

test("a file says everything a mount can be told", async (t) => {
  const mount = {
    dialect: "unrupt",
    path: "/x/",
    room: "a room",
    announced: true,
    refuseTaken: true,
    checkFrom: true,
    origins: ["https://a.example"],
    limits: { frameBytes: 102_400 },
  };
  const file = await fileOf(t, JSON.stringify({ mounts: [mount] }));
  assert.deepEqual((await serve(["--config", file])).config.mounts, [mount]);
});

test("origins are written as browsers write them, for one dialect or for all", async () => {
  const { config } = await serve([
    "--origin",
    "HTTPS://A.example:443/",
    "--origin",
    "native=http://b.example:8080",
    "--origin",
    "null",
  ]);
  assert.deepEqual(config.origins, [
    { origin: "https://a.example" },
    { dialect: "native", origin: "http://b.example:8080" },
    { origin: "null" },
  ]);
});

test("secrets can stand in files", async (t) => {
  const folder = await folderOf(t, { door: "sesame\n", turn: "north\n" });
  const { config } = await serve([
    ...["--secret-file", join(folder, "door"), "--turn", "turn:t.example?transport=udp"],
    ...["--turn-secret-file", join(folder, "turn"), "--turn-ttl-seconds", "600"],
  ]);
  assert.equal(config.secret, "sesame");
  assert.deepEqual(config.ice?.turn, {
    urls: ["turn:t.example?transport=udp"],
    secret: "north",
    ttlSeconds: 600,
  });
});

const table: readonly (readonly [readonly string[], RegExp])[] = [
  [["--prot", "1"], /^there is no option --prot; did you mean --port\?$/],
  [["--zzzzzz"], /^there is no option --zzzzzz$/],
  [["-x"], /^there is no option -x/],
  [["stray"], /^what is "stray"\?/],
  [["--port"], /^--port needs a value$/],
  [["--port", "http"], /^--port: must be a whole number from 0 to 65535, not "http"$/],
  [["--port", "65536"], /^--port: /],
  [["--port", "-1"], /^--port: /],
  [["--port", "1", "--port", "2"], /^--port is given twice$/],
  [["--trace", "--quiet"], /^--trace and --quiet exclude each other$/],
  [["--verbose=maybe"], /^--verbose: must be true or false, not "maybe"$/],
  [["--key", "k.pem"], /^--key needs --certificate$/],
  [["--self-signed", "--certificate", "c.pem"], /exclude each other/],
  [["--secret", "a", "--secret-file", "b"], /exclude each other/],
  [
    ["--secret-file", "/nonexistent/secret"],
    /^cannot read the secret file \/nonexistent\/secret: there is no such file$/,
  ],
  [["--turn", "turn:t.example"], /^--turn needs --turn-secret/],
  [["--turn-secret", "s"], /^--turn-secret needs --turn$/],
  [["--turn", "stun:t.example", "--turn-secret", "s"], /^--turn: must be an address such as turn:/],
  [["--host", "a b"], /^--host: must be a name or an address, not "a b"$/],
  [["--base-path", "below"], /^--base-path: /],
  [["--base-path", "/a/../b"], /^--base-path: /],
  [["--public-url", "box.example"], /^--public-url: must be an http or https address/],
  [["--trust-proxy", "proxy.example"], /^--trust-proxy: must be an address or a CIDR block/],
  [["--origin", "https://a.example/page"], /^--origin: must be an origin/],
  [
    ["--origin", "peerjs=https://a.example"],
    /^--origin: the dialect must be one of native, flitter, unrupt, peernet$/,
  ],
  [["--limit", "frameByte=1"], /^--limit: there is no limit "frameByte"; did you mean frameBytes\?$/],
  [["--limit", "frameBytes"], /^--limit: must be name=value/],
  [
    ["--limit", "frameBytes=0"],
    /^--limit: frameBytes: must be a whole number from 1 to 2147483647 \(bytes\), not "0"$/,
  ],
  [["--limit", "frameBytes=1.5"], /^--limit: frameBytes: /],
  [["--mount", "unrpt=/x"], /did you mean unrupt\?$/],
  [["--mount", "unrupt=x"], /^--mount: path: must be a path that begins with \//],
  [["--mount", "unrupt=/x,rooom=y"], /^--mount: there is no "rooom"; did you mean room\?$/],
  [["--mount", "unrupt=/x,room="], /^--mount: room: must be the name of a room/],
  [["--mount", "flitter=/x,checkFrom"], /^--mount: flitter cannot be told checkFrom$/],
  [
    ["--config", "/nonexistent/file"],
    /^cannot read the config file \/nonexistent\/file: there is no such file$/,
  ],
];
for (const [args, expected] of table) {
  test(`one line says what is wrong with: ${args.join(" ")}`, async () => {
    assert.match(await problem(args), expected);
  });
}

const files: readonly (readonly [string, RegExp])[] = [
  ["prot: 1", /box\.yaml: there is no option "prot"; did you mean port\?$/],
  ["port: [1]", /box\.yaml: port: must be a whole number/],
  ["port: 1\nport: 2", /box\.yaml: /],
  ["port: {", /box\.yaml: /],
  ["- port", /box\.yaml: must hold named values/],
  ["limits: {frameBites: 1}", /did you mean frameBytes\?$/],
  ["limits: 5", /box\.yaml: limits: must be name=value/],
  [
    "mounts: [{dialect: unrupt, limits: {drainMs: 5}}]",
    /drainMs is one bound for the whole server, not for a mount$/,
  ],
  ["mounts: [{dialect: unrupt, paht: /x}]", /did you mean path\?$/],
  ["mounts: [{path: /x}]", /the dialect must be one of/],
  [
    "iceServers: [{urls: turn:t.example, username: u}]",
    /username and credential must be texts, and come together$/,
  ],
  ["secret: 5", /box\.yaml: secret: must be a text that is not empty$/],
  ["trace: true\ndebug: true", /box\.yaml: trace and .*box\.yaml: debug exclude each other$/],
];
for (const [content, expected] of files) {
  test(`one line says what is wrong with a file of ${JSON.stringify(content)}`, async (t) => {
    assert.match(await problem(["--config", await fileOf(t, content)]), expected);
  });
}

test("a file of aliases cannot unfold without end", async (t) => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [name, before] of ["ba", "cb", "dc", "ed", "fe"])
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
  assert.match(await problem(["--config", await fileOf(t, bomb.join("\n"))]), /box\.yaml: /);
});

test("a wrong variable is told by its own name", async () => {
  assert.match(
    await problem([], { SIGNALBOX_PORT: "tcp://10.0.0.1:80" }),
    /^SIGNALBOX_PORT: must be a whole number/,
  );
});

test("a wrong secret is never shown", async (t) => {
  const file = await fileOf(t, "turnSecret: [hush]\n");
  assert.equal((await problem(["--config", file])).includes("hush"), false);
});

test("flitter_webrtc takes the seed's options and no others", async () => {
  assert.match(await problem(["--secret", "x"], {}, true), /^there is no option --secret/);
  assert.match(await problem(["--config", "x"], {}, true), /^there is no option --config/);
  const configuration = await read(["--host", "127.0.0.1", "--port", "0", "--quiet"], {}, true);
  assert.ok(!isProblem(configuration) && configuration.kind === "serve");
});

test("the help names every option of the table, and for flitter_webrtc only its own", () => {
  const help = helpText("signalbox serve", mountKeys, false);
  const own = helpText("flitter_webrtc", mountKeys, true);
  for (const { flag, flitter } of Object.values(optionTable(mountKeys))) {
    if (flag === undefined) continue;
    assert.match(help, new RegExp(`^ {2}--${flag}\\b`, "m"));
    assert.equal(new RegExp(`^ {2}--${flag}\\b`, "m").test(own), flitter === true, flag);
  }
  for (const line of help.split("\n")) assert.ok(line.length <= 100, line);
});

test("help and version are asked for before anything is checked", async () => {
  assert.deepEqual(await read(["--port", "nonsense", "--help"]), { kind: "help" });
  assert.deepEqual(await read(["--version"]), { kind: "version" });
});

test("the environment spells names in capitals", () => {
  assert.equal(environmentName("public-url"), "SIGNALBOX_PUBLIC_URL");
});
