// SPDX-License-Identifier: MIT
/** What peers of protocols that cannot resume notice when their node drains or dies, and how they are back at another one. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { ask, camera, clientToken, deviceToken, offer } from "../peernet/bench.ts";
import { like, type Raw, rawPeers } from "./raw.ts";
import { threeNodes } from "./three.ts";

const hall = "hall";
/** Shorter than usual: what waits for the end of a lease waits for it here. Milliseconds. */
const leaseMs = 3_000;

const three = await threeNodes([
  ...["--mount", `unrupt=/shared/,room=${hall},announced`],
  ...["--mount", `unrupt=/alone/,room=alone,announced,refuseTaken`],
  ...["--limit", `leaseMs=${leaseMs}`],
]);
const { native, flitter, unrupt, end } = rawPeers(three);
const limit = { timeout: 60_000 };

afterEach(async () => {
  end();
  for (const node of three.nodes) if (node.url === undefined) await node.start();
});

const enterFlitter = async (at: number, id: string): Promise<Raw> => {
  const peer = await flitter(at, hall, id);
  await peer.told(like({ type: "members" }));
  return peer;
};

/** A shared id is there once it hears itself. */
const enterShared = async (at: number, id: string): Promise<Raw> => {
  const peer = await unrupt(at, "/shared/", id);
  peer.say({ to: id, here: at });
  await peer.told(like({ here: at }));
  return peer;
};

const watcher = async (at: number) => {
  const peer = await native(at, hall, "watcher");
  await peer.told(like({ type: "joined" }));
  return peer;
};

const callTo = (to: string) => ({
  type: "signal",
  to,
  signal: {
    kind: "offer",
    call: `to ${to}`,
    sdp: offer.sdp.replace(
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "m=video 9 UDP/TLS/RTP/SAVPF 96",
    ),
  },
});

describe("a node that drains", () => {
  test(
    "lets a Flitter peer go with its id: it has that again at another node, as the same member to the others",
    limit,
    async () => {
      await three.emptied(hall);
      const web = await watcher(1);
      const flit = await enterFlitter(0, "flit");
      await web.told(like({ type: "peer-joined" }));
      const ended = three.nodes[0]?.end();
      const { code } = await flit.closed();
      assert.equal(code, 1000, "its client comes back after 5 s");
      assert.match(String(flit.frames.at(-1)?.error), /come back|again|restart|ending/i);
      assert.equal((await web.told(like({ type: "peer-left" }))).reason, "drained");
      await three.held(hall, "flit", 0);
      const again = await enterFlitter(2, "flit");
      assert.deepEqual(new Set(again.frames[0]?.members as readonly string[]), new Set(["watcher", "flit"]));
      await ended;
    },
  );

  test(
    "lets an Unrupt page go with 1001: a page that is open at another node by then is called there",
    limit,
    async () => {
      await three.emptied(hall);
      const web = await watcher(1);
      const page = await enterShared(0, "page");
      const ended = three.nodes[0]?.end();
      assert.equal((await page.closed()).code, 1001);
      const again = await enterShared(2, "page");
      web.ask(callTo("page"));
      await again.told(like({ type: "offer", from: "watcher" }));
      await ended;
    },
  );
});

describe("a node that is killed", () => {
  test(
    "holds a Flitter peer's id until its lease is over: then the others are told, and it is back",
    limit,
    async () => {
      await three.emptied(hall);
      const web = await watcher(1);
      const other = await enterFlitter(2, "other");
      const flit = await enterFlitter(0, "flit");
      await other.told((frame) => JSON.stringify(frame.members ?? []).includes("flit"));
      await three.nodes[0]?.kill();
      await flit.closed();
      // Nobody can tell yet whether that node still has a peer there: its id is not given to whoever asks.
      const early = await flitter(2, hall, "flit");
      assert.deepEqual(await early.told(like({ type: "error" })), {
        type: "error",
        error: "User ID already taken",
      });
      const call = web.ask(callTo("flit"));
      const { fate, code } = await web.told(like({ type: "receipt", of: call }));
      assert.deepEqual([fate, code], ["refused", "unreachable"]);
      assert.equal((await web.told(like({ type: "peer-left", id: "flit" }))).reason, "node-lost");
      await other.told(
        (frame) => frame === other.frames.at(-1) && JSON.stringify(frame.members).includes("flit") === false,
      );
      await enterFlitter(2, "flit");
      await web.told((frame) => frame.type === "peer-joined" && JSON.stringify(frame).includes('"flit"'));
    },
  );

  test("is not in the way of a shared id: a page is called at another node at once", limit, async () => {
    await three.emptied(hall);
    const web = await watcher(1);
    const page = await enterShared(0, "page");
    await three.nodes[0]?.kill();
    await page.closed();
    const again = await enterShared(2, "page");
    assert.equal((await three.holders(hall, "page")).length, 2, "the dead node's stay is still noted");
    const call = web.ask(callTo("page"));
    await again.told(like({ type: "offer", from: "watcher" }));
    assert.equal((await web.told(like({ type: "receipt", of: call, fate: "sent" }))).protocol, "unrupt");
  });

  test("holds an id that its mount gives to one alone until its lease is over", limit, async () => {
    await unrupt(0, "/alone/", "one");
    await three.held("alone", "one", 1);
    await three.nodes[0]?.kill();
    assert.equal((await (await unrupt(1, "/alone/", "one")).closed()).code, 1008);
    await three.held("alone", "one", 0);
    await unrupt(1, "/alone/", "one");
    await three.held("alone", "one", 1);
  });

  test(
    "takes no knock with it: whoever waits elsewhere gets it, and its answer is waited for elsewhere",
    limit,
    async () => {
      const at = (index: number) => ({ url: three.at(index) });
      assert.equal((await ask(at(0), "POST", "/v1/servers", camera, deviceToken)).status, 201);
      const knocks = "/v1/servers/cam/services/camera/knocks";
      const made = await ask(at(0), "POST", knocks, { knock: { offer } }, clientToken);
      const poll = await ask(at(0), "GET", "/v1/servers/cam/knocks?wait=5s", undefined, deviceToken);
      assert.equal(poll.json.knocks[0].name, made.json.knock.name);
      await three.nodes[0]?.kill();
      // It never said that it has it: it gets it again, and later ones.
      const later = await ask(at(1), "POST", knocks, { knock: { offer } }, clientToken);
      const again = await ask(at(2), "GET", "/v1/servers/cam/knocks?wait=5s", undefined, deviceToken);
      assert.deepEqual(
        again.json.knocks.map(({ name }: { name: string }) => name),
        [made.json.knock.name, later.json.knock.name],
      );
      const reject = { rejectReason: "not now" };
      await ask(at(1), "POST", `/v1/${made.json.knock.name}:answer`, reject, deviceToken);
      const fate = await ask(at(2), "GET", `/v1/${made.json.knock.name}`, undefined, clientToken);
      assert.equal(fate.json.state, "STATE_REJECTED");
      await ask(at(1), "DELETE", "/v1/servers/cam", undefined, deviceToken);
    },
  );
});
