// SPDX-License-Identifier: MIT
/** PeerNet on three server processes: what is made at one is found, waited for and answered at the others, over every wire. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { create, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { Knock_State, PeerNetService } from "@signalbox/peernet/schema";
import { answer, ask, camera, candidate, clientToken, deviceToken, offer } from "../peernet/bench.ts";
import { type Place, plainWires, type Wire } from "../peernet/wires.ts";
import { like, rawPeers, rosterOf } from "./raw.ts";
import { threeNodes } from "./three.ts";

const three = await threeNodes();
const { native, end } = rawPeers(three);
const limit = { timeout: 60_000 };

const place = (index: number): Place => {
  const url = three.at(index);
  return { url, port: Number(new URL(url).port) };
};
const nodes = [0, 1, 2].map(place);
const [first, second, third] = nodes;
assert.ok(first && second && third);

const knocks = "/v1/servers/cam/services/camera/knocks";
const register = async (more: object = {}) => {
  const made = await ask(
    first,
    "POST",
    "/v1/servers?room.displayName=Hall",
    { ...camera, ...more },
    deviceToken,
  );
  assert.ok(made.status === 200 || made.status === 201, made.text);
  return made;
};
/** Until somebody waits for the camera's knocks, or nobody does any more, as every node sees it. */
const attended = async (wanted = true): Promise<void> => {
  for (const node of nodes)
    while (((await ask(node, "GET", "/v1/servers/cam")).json.online === true) !== wanted);
};

afterEach(async () => {
  end();
  await ask(first, "DELETE", "/v1/servers/cam?allowMissing=true", undefined, deviceToken);
});

type Methods = (typeof PeerNetService)["method"];

const call = async <M extends keyof Methods>(
  wire: Wire,
  name: M,
  request: MessageInitShape<Methods[M]["input"]>,
  token: string,
): Promise<MessageShape<Methods[M]["output"]>> => {
  const method = PeerNetService.method[name];
  return (await wire.call(method, create(method.input, request as never), token)) as MessageShape<
    Methods[M]["output"]
  >;
};

describe("a device that waits at one node for a knock at another, whose caller waits there, is answered at the third", () => {
  const wireOf = (at: Place, name: string): Wire => {
    const wire = plainWires(at).find((one) => one.name === name);
    assert.ok(wire, name);
    return wire;
  };
  const ways = [
    [
      "in a long poll",
      async (wire: Wire) =>
        (await call(wire, "listKnocks", { parent: "servers/cam", wait: { seconds: 20n } }, deviceToken))
          .knocks,
    ],
    [
      "in an exchange",
      async (wire: Wire) =>
        (await call(wire, "exchangeKnocks", { parent: "servers/cam", wait: { seconds: 20n } }, deviceToken))
          .knocks,
    ],
    [
      "in a stream",
      async (wire: Wire) => {
        const method = PeerNetService.method.watchKnocks;
        // The first event says that nothing waits yet: over REST that is a comment.
        const enough = wire.name === "REST JSON" ? 1 : 2;
        const request = create(method.input, { parent: "servers/cam" });
        const events = await wire.watch(method, request, deviceToken, enough);
        return (events as MessageShape<typeof method.output>[]).flatMap(({ event }) =>
          event.case === "knock" ? [event.value] : [],
        );
      },
    ],
  ] as const;
  for (const name of ["REST JSON", "Connect JSON", "gRPC-Web", "grpc-js over h2c"]) {
    for (const [how, wait] of ways) {
      test(`${how}, over ${name}`, limit, async (t) => {
        await register();
        const [waiter, caller, answerer] = [first, second, third].map((at) => wireOf(at, name));
        assert.ok(waiter && caller && answerer);
        t.after(() => {
          for (const wire of [waiter, caller, answerer]) wire.close();
        });
        const waiting = wait(waiter);
        await attended();
        const asked = call(
          caller,
          "createKnock",
          { parent: "servers/cam/services/camera", knock: { offer }, wait: { seconds: 20n } },
          clientToken,
        );
        const [knock] = await waiting;
        assert.ok(knock);
        await call(answerer, "answerKnock", { name: knock.name, answer }, deviceToken);
        const told = await asked;
        assert.equal(told.knock?.state, Knock_State.ANSWERED);
        assert.equal(told.knock?.answer?.sdp, answer.sdp);
      });
    }
  }
});

describe("what happens to a knock at one node", () => {
  test(
    "is told to who waits at another: its answer, later candidates, that it was taken back",
    limit,
    async () => {
      await register();
      const { name } = (await ask(first, "POST", knocks, { knock: { offer } }, clientToken)).json.knock;
      const read = (at: Place, generation: number) =>
        ask(at, "GET", `/v1/${name}?wait=20s&minGeneration=${generation}`, undefined, clientToken);
      const generation = Number((await read(second, 0)).json.generation);
      const answered = read(second, generation);
      await ask(third, "POST", `/v1/${name}:answer`, { answer }, deviceToken);
      const { json } = await answered;
      assert.deepEqual([json.state, json.answer], ["STATE_ANSWERED", answer]);
      const trickled = read(first, Number(json.generation));
      const iceCandidates = [candidate(1, "answ")];
      await ask(second, "POST", `/v1/${name}:addIceCandidates`, { iceCandidates }, deviceToken);
      assert.equal((await trickled).json.answerIceCandidates.length, 1);

      const taken = (await ask(second, "POST", knocks, { knock: { offer } }, clientToken)).json.knock;
      const fate = ask(
        third,
        "GET",
        `/v1/${taken.name}?wait=20s&minGeneration=${taken.generation}`,
        undefined,
        clientToken,
      );
      await ask(first, "DELETE", `/v1/${taken.name}`, undefined, clientToken);
      assert.equal((await fate).json.state, "STATE_CANCELLED");
    },
  );

  test("its end too: it expires for whoever waits anywhere", limit, async () => {
    await register();
    const body = { knock: { offer, ttl: "1s" } };
    const { knock } = (await ask(first, "POST", knocks, body, clientToken)).json;
    for (const node of nodes) {
      const path = `/v1/${knock.name}?wait=20s&minGeneration=${knock.generation}`;
      assert.equal((await ask(node, "GET", path, undefined, clientToken)).json.state, "STATE_EXPIRED");
    }
  });
});

describe("what is registered at one node", () => {
  test("is found at all, and changed at any by whoever saw it as it is", limit, async () => {
    const made = await register();
    for (const node of nodes) {
      const { json, headers } = await ask(node, "GET", "/v1/servers/cam");
      assert.deepEqual([json.displayName, headers.get("etag")], ["Front door", made.headers.get("etag")]);
      assert.ok((await ask(node, "GET", "/v1/servers")).text.includes("servers/cam"));
    }
    const change = (at: Place, displayName: string, etag: string) =>
      ask(at, "PATCH", "/v1/servers/cam?updateMask=displayName", { displayName }, deviceToken, {
        "if-match": etag,
      });
    const etag = String(made.headers.get("etag"));
    const changed = await change(second, "Back door", etag);
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await change(third, "Side door", etag)).status, 412);
    assert.equal((await change(third, "Side door", String(changed.headers.get("etag")))).status, 200);
    assert.equal((await ask(first, "GET", "/v1/servers/cam")).json.displayName, "Side door");
  });

  test("is gone everywhere when its lease is over, unless it was renewed anywhere", limit, async () => {
    await register({ ttl: "1s" });
    await ask(second, "POST", "/v1/servers", { uniqueId: "other", ttl: "1s" }, deviceToken);
    await ask(third, "POST", "/v1/servers/cam:renew", { ttl: "60s" }, deviceToken);
    for (const node of nodes) while ((await ask(node, "GET", "/v1/servers/other")).status !== 404);
    for (const node of nodes) assert.equal((await ask(node, "GET", "/v1/servers/cam")).status, 200);
  });

  test("is online everywhere while its device waits anywhere, and nowhere when it went", limit, async () => {
    await register();
    const abort = new AbortController();
    const polls = [second, third].map((at) =>
      fetch(`${at.url}/v1/servers/cam/knocks?wait=50s`, {
        headers: { authorization: `Bearer ${deviceToken}` },
        signal: abort.signal,
      }),
    );
    await attended();
    // A renewal elsewhere, and a look that waits for nothing, change nothing about that.
    await ask(first, "POST", "/v1/servers/cam:renew", {}, deviceToken);
    await ask(third, "GET", "/v1/servers/cam/knocks", undefined, deviceToken);
    await attended();
    assert.equal((await ask(first, "GET", "/v1/servers")).json.servers[0].online, true);
    abort.abort();
    for (const one of polls) await assert.rejects(one, { name: "AbortError" });
    await attended(false);
  });

  test(
    "is one member of its room, shown as it is now and gone at once, whichever node is asked",
    limit,
    async () => {
      await register({ room: "rooms/hall" });
      const ann = await native(1, "hall", "ann");
      const seen = (displayName: string | undefined) =>
        ann.told(
          () => [...rosterOf(ann).values()].map((one) => one.displayName).join() === (displayName ?? ""),
        );
      await seen("Front door");
      // Renewed elsewhere, it does not come twice.
      for (const node of nodes) await ask(node, "POST", "/v1/servers/cam:renew", {}, deviceToken);
      await ask(
        third,
        "PATCH",
        "/v1/servers/cam?updateMask=displayName",
        { displayName: "Back door" },
        deviceToken,
      );
      await ann.told((frame) => JSON.stringify(frame.member ?? {}).includes("Back door"));
      assert.equal(ann.frames.filter(like({ type: "peer-joined" })).length, 0);
      await ask(second, "DELETE", "/v1/servers/cam", undefined, deviceToken);
      assert.equal((await ann.told(like({ type: "peer-left", id: "cam" }))).reason, "left");
      assert.deepEqual([...rosterOf(ann).values()], []);
    },
  );
});

test(
  "a request is carried out once, whichever nodes it is sent to, also at the same time",
  limit,
  async () => {
    await register();
    for (const round of ["a", "b", "c", "d"]) {
      const body = { knock: { offer }, requestId: `once-${round}` };
      const replies = await Promise.all(
        [...nodes, ...nodes].map((node) => ask(node, "POST", knocks, body, clientToken)),
      );
      assert.deepEqual([...new Set(replies.map(({ status }) => status))], [202]);
      assert.equal(new Set(replies.map(({ json }) => json.knock.name)).size, 1);
    }
    const batch = await ask(third, "GET", "/v1/servers/cam/knocks", undefined, deviceToken);
    assert.equal(batch.json.knocks.length, 4);
  },
);
