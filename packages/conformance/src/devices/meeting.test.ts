// SPDX-License-Identifier: MIT
/** `@signalbox/client/peernet` against a real server: a device waits, clients knock, connections stand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, find, PeerNetError, serve } from "@signalbox/client/peernet";
import { echo, knockAt, nextMessage, RTCPeerConnection, startBox, startDevice } from "./ground.ts";

/** fetch that counts, as method and path. */
const counted = () => {
  const asked: string[] = [];
  const counting: typeof fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    asked.push(`${init?.method} ${pathname}`);
    return fetch(input, init);
  };
  return { asked, fetch: counting };
};

describe("a device and a client", () => {
  test("meet with one request of the client, by room and protocol, and speak over a data channel", async (t) => {
    const { url } = await startBox(t);
    const device = await startDevice(t, { url, id: "cam-1", room: "hall", services: [echo] });
    assert.equal(device.name, "servers/cam-1");
    const { asked, fetch } = counted();
    const { channels, knock } = await knockAt(t, {
      url,
      to: { room: "hall", protocol: "echo", version: "1" },
      channels: ["talk"],
      fetch,
    });
    const [talk] = channels;
    assert.ok(talk !== undefined);
    talk.send("hello");
    assert.equal(await nextMessage(talk), "hello");
    assert.deepEqual(asked, ["POST /v1/knocks"]);
    assert.match(knock, /^servers\/cam-1\/services\/echo\/knocks\//);
    assert.equal(device.connections, 1);
  });

  test("meet by name, several clients at once", async (t) => {
    const { url } = await startBox(t);
    await startDevice(t, { url, id: "cam-1", services: [echo] });
    const said = await Promise.all(
      ["a", "b", "c"].map(async (word) => {
        const { channels } = await knockAt(t, { url, to: "servers/cam-1/services/echo", channels: ["talk"] });
        const [talk] = channels;
        assert.ok(talk !== undefined);
        talk.send(word);
        return nextMessage(talk);
      }),
    );
    assert.deepEqual(said, ["a", "b", "c"]);
  });

  test("meet where the device was away when the knock came", async (t) => {
    const { url } = await startBox(t);
    const token = "device-token-of-at-least-128-bits";
    const registered = await fetch(`${url}/v1/servers`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ uniqueId: "cam-1", services: [{ protocol: "echo", version: "1" }] }),
    });
    assert.equal(registered.status, 201);
    const { asked, fetch: counting } = counted();
    const knocking = knockAt(t, {
      url,
      to: "servers/cam-1/services/echo",
      channels: ["talk"],
      fetch: counting,
    });
    const knocks = async () =>
      (
        await fetch(`${url}/v1/servers/cam-1/knocks?wait=9s`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).json();
    assert.equal((await knocks()).knocks.length, 1);
    await startDevice(t, { url, id: "cam-1", services: [echo], token });
    await knocking;
    assert.deepEqual(asked, ["POST /v1/servers/cam-1/services/echo/knocks"]);
  });

  test("are told apart: a listed device is found with its services, one in an unlisted room only by who names it", async (t) => {
    const { url } = await startBox(t);
    const room = { id: "secret", unlisted: true };
    await startDevice(t, {
      url,
      id: "one",
      displayName: "One",
      services: [{ ...echo, attributes: { a: 1 } }],
    });
    await startDevice(t, { url, id: "two", room, services: [echo] });
    const [one, ...others] = await find({ url, protocol: "echo", version: "1" });
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...one, online: true },
      {
        id: "one",
        name: "servers/one",
        room: "",
        displayName: "One",
        online: true,
        services: [
          {
            name: "servers/one/services/echo",
            protocol: "echo",
            version: "1",
            displayName: "",
            attributes: { a: 1 },
          },
        ],
      },
    );
    assert.deepEqual(
      (await find({ url, room: "secret" })).map(({ id }) => id),
      ["two"],
    );
  });

  test("agree on a server with a secret, and without it are refused", async (t) => {
    const { url } = await startBox(t, { secret: "open sesame" });
    await startDevice(t, { url, secret: "open sesame", id: "cam-1", services: [echo] });
    await knockAt(t, { url, secret: "open sesame", to: "servers/cam-1/services/echo", channels: ["talk"] });
    await assert.rejects(
      connect({ url, to: "servers/cam-1/services/echo", channels: ["talk"], RTCPeerConnection }),
      (error) => error instanceof PeerNetError && error.reason === "UNAUTHORIZED" && error.status === 401,
    );
  });
});

describe("a client is told why not", () => {
  const refused = (options: Omit<Parameters<typeof connect>[0], "RTCPeerConnection">) =>
    connect({ RTCPeerConnection, channels: ["talk"], ...options }).then(
      () => assert.fail("it connected"),
      (error: unknown) => {
        assert.ok(error instanceof PeerNetError, String(error));
        return { reason: error.reason, sentence: error.message, retry: error.retry };
      },
    );

  test("nobody offers that; two do", async (t) => {
    const { url } = await startBox(t);
    const to = { room: "hall", protocol: "echo" };
    await startDevice(t, { url, id: "one", room: "hall", services: [echo] });
    assert.equal((await refused({ url, to: { room: "hall", protocol: "camera" } })).reason, "NOT_FOUND");
    await startDevice(t, { url, id: "two", room: "hall", services: [echo] });
    const { reason, sentence } = await refused({ url, to });
    assert.equal(reason, "AMBIGUOUS_SELECTOR");
    assert.match(sentence, /servers\/one\/services\/echo, servers\/two\/services\/echo/);
  });

  test("the device rejects it, with its own reason", async (t) => {
    const { url } = await startBox(t);
    const accept = ({ attributes }: { readonly attributes: { readonly [name: string]: unknown } }) =>
      attributes.password === "please" ? undefined : { reject: "Say the word." };
    await startDevice(t, { url, id: "cam-1", services: [{ ...echo, accept }], connectionsMax: 1 });
    const to = "servers/cam-1/services/echo";
    assert.deepEqual(await refused({ url, to }), {
      reason: "rejected",
      sentence: "The device refused. Say the word.",
      retry: false,
    });
    const inside = await knockAt(t, { url, to, channels: ["talk"], attributes: { password: "please" } });
    assert.match((await refused({ url, to, attributes: { password: "please" } })).sentence, /Busy: 1 are/);
    inside.close();
  });

  test("nobody answers in time", async (t) => {
    const { url } = await startBox(t);
    const accept = () => new Promise<undefined>(() => {});
    await startDevice(t, { url, id: "cam-1", services: [{ ...echo, accept }] });
    const told = await refused({ url, to: "servers/cam-1/services/echo", withinMs: 1_000 });
    assert.equal(told.reason, "unanswered");
  });

  test("there is no server; what is there is another one", async (t) => {
    const { url, close } = await startBox(t);
    const to = "servers/cam-1/services/echo";
    assert.equal((await refused({ url: `${url}/elsewhere`, to })).reason, "unreadable");
    await close();
    const told = await refused({ url, to });
    assert.deepEqual([told.reason, told.retry], ["unreachable", true]);
    assert.match(told.sentence, /ECONNREFUSED/);
  });

  test("it changes its mind: the knock is taken back", async (t) => {
    const { url } = await startBox(t);
    const { promise: knocked, resolve } = Promise.withResolvers<AbortSignal>();
    const accept = ({ signal }: { readonly signal: AbortSignal }) => {
      resolve(signal);
      return new Promise<undefined>(() => {});
    };
    await startDevice(t, { url, id: "cam-1", services: [{ ...echo, accept }] });
    const mind = new AbortController();
    const { asked, fetch } = counted();
    const knocking = connect({
      url,
      to: "servers/cam-1/services/echo",
      channels: ["talk"],
      RTCPeerConnection,
      fetch,
      signal: mind.signal,
    });
    await knocked;
    mind.abort(new Error("enough"));
    await assert.rejects(knocking, { message: "enough" });
    assert.equal(asked[0], "POST /v1/servers/cam-1/services/echo/knocks");
  });
});

test("a name that belongs to another device is refused to the second one", async (t) => {
  const { url } = await startBox(t);
  await startDevice(t, { url, id: "cam-1", services: [echo] });
  await assert.rejects(
    serve({ url, id: "cam-1", services: [echo], RTCPeerConnection }),
    (error) => error instanceof PeerNetError && error.reason === "EXISTS" && !error.retry,
  );
});

test("a device that closes is gone from the list, and its guests with it", async (t) => {
  const { url } = await startBox(t);
  const device = await startDevice(t, { url, id: "cam-1", services: [echo] });
  const { channels } = await knockAt(t, { url, to: "servers/cam-1/services/echo", channels: ["talk"] });
  const closed = new Promise((resolve) => channels[0]?.addEventListener("close", resolve));
  await device.close();
  await closed;
  assert.equal(await device.ended, undefined);
  assert.deepEqual(await find({ url }), []);
});
