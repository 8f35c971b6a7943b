// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError } from "./log.ts";
import { startBench } from "./testing/bench.ts";

/** One call between each two dialects, with words that must be found nowhere. */
test("at info a session is one line at its opening and one at its close, without anything its peer said", async (t) => {
  const bench = await startBench(t, {
    level: "info",
    secret: "hush-credential",
    ice: { servers: [], turn: { urls: ["turn:turn.example"], secret: "hush-turn", ttlSeconds: 600 } },
  });
  const native = await bench.native("hush-room", "hush-peer", { credential: "hush-credential" });
  const welcome = JSON.parse(await native.next());
  await native.next();
  const signal = { kind: "offer", call: "hush-call", sdp: "v=0 hush-sdp" };
  native.socket.send(JSON.stringify({ type: "signal", seq: 2, to: "hush-peer", signal }));
  native.socket.send(
    JSON.stringify({
      type: "signal",
      seq: 3,
      to: "hush-peer",
      signal: {
        kind: "candidate",
        call: "hush-call",
        candidate: { candidate: "candidate:1 1 udp 1 203.0.113.9 9 typ host hush" },
      },
    }),
  );
  const flitter = await bench.connect("/?secret=hush-credential", [], {
    headers: { "x-forwarded-for": "198.51.100.4" },
  });
  flitter.socket.send('{"type":"join","id":"hush-cam","room":"hush-room"}');
  await flitter.next();
  flitter.socket.send('{"type":"call","to":"hush-peer","offer":"v=0 hush-sdp"}');
  flitter.socket.send("{broken hush");
  await flitter.closed;
  const stranger = await bench.unrupt("hush-finger");
  await stranger.closed;
  native.socket.send('{"type":"end"}');
  await native.closed;
  const lines = bench
    .log()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ level, dialect, msg }) => [level, dialect, msg]),
    [
      ["info", "native", "session opened"],
      ["info", "flitter", "session opened"],
      ["info", "flitter", "session closed"],
      ["info", "native", "session closed"],
    ],
  );
  for (const word of ["hush", "127.0.0.1", "203.0.113", "198.51.100", "candidate", "v=0", welcome.token]) {
    assert.equal(bench.log().includes(word), false, word);
  }
});

test("a bug is described by its name and places, without the text a parser stumbled over", () => {
  let thrown: unknown;
  try {
    JSON.parse("v=0 hush");
  } catch (error) {
    thrown = error;
  }
  const described = JSON.stringify(describeError(thrown));
  assert.match(described, /SyntaxError/);
  assert.match(described, /log\.test\.ts/);
  assert.equal(described.includes("hush"), false);
});
