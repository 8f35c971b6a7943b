// SPDX-License-Identifier: MIT
/** What devices and clients of `@signalbox/client/peernet` do when the server goes and comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { find, PeerNetError, serve } from "@signalbox/client/peernet";
import { echo, knockAt, nextMessage, RTCPeerConnection, startBox, startDevice } from "./ground.ts";

/** States as they are told, and a way to wait for the next one. */
const states = () => {
  const waiting: ((state: string) => void)[] = [];
  const told: string[] = [];
  return {
    onState: (state: string) => {
      const next = waiting.shift();
      if (next === undefined) told.push(state);
      else next(state);
    },
    next: () => {
      const [state] = told.splice(0, 1);
      return state === undefined
        ? new Promise<string>((resolve) => waiting.push(resolve))
        : Promise.resolve(state);
    },
  };
};

test("a device registers again where the server forgot everything, and its connections stand", async (t) => {
  const first = await startBox(t);
  const { onState, next } = states();
  await startDevice(t, { url: first.url, id: "cam-1", services: [echo], onState });
  assert.equal(await next(), "online");
  const { channels } = await knockAt(t, {
    url: first.url,
    to: "servers/cam-1/services/echo",
    channels: ["talk"],
  });
  first.cut();
  await first.close();
  assert.equal(await next(), "offline");
  const second = await startBox(t, { port: first.port });
  assert.equal(await next(), "online");
  assert.deepEqual(
    (await find({ url: second.url })).map(({ id }) => id),
    ["cam-1"],
  );
  channels[0]?.send("still there");
  assert.equal(channels[0] && (await nextMessage(channels[0])), "still there");
  await knockAt(t, { url: second.url, to: "servers/cam-1/services/echo", channels: ["talk"] });
});

test("a device whose name was taken by another one while it was away ends with that reason", async (t) => {
  const first = await startBox(t);
  let held: Promise<unknown> = Promise.resolve();
  const holding: typeof fetch = (input, init) => held.then(() => fetch(input, init));
  const { onState, next } = states();
  const device = await startDevice(t, {
    url: first.url,
    id: "cam-1",
    services: [echo],
    fetch: holding,
    onState,
  });
  assert.equal(await next(), "online");
  const { promise, resolve } = Promise.withResolvers<void>();
  held = promise;
  first.cut();
  await first.close();
  assert.equal(await next(), "offline");
  const second = await startBox(t, { port: first.port });
  await startDevice(t, { url: second.url, id: "cam-1", services: [echo] });
  resolve();
  assert.equal((await device.ended)?.reason, "EXISTS");
});

test("a device told to be patient waits for its server", async (t) => {
  const first = await startBox(t);
  first.cut();
  await first.close();
  const { url, port } = first;
  await assert.rejects(
    serve({ url, services: [echo], RTCPeerConnection }),
    (error) => error instanceof PeerNetError && error.reason === "unreachable",
  );
  const { onState, next } = states();
  const starting = startDevice(t, { url, id: "cam-1", services: [echo], patient: true, onState });
  assert.equal(await next(), "offline");
  await startBox(t, { port });
  await starting;
  assert.equal(await next(), "online");
});

test("a device that is told to end while it waits for its server ends", async (t) => {
  const { url, close } = await startBox(t);
  await close();
  const { onState, next } = states();
  const enough = new AbortController();
  const starting = serve({
    url,
    services: [echo],
    RTCPeerConnection,
    patient: true,
    onState,
    signal: enough.signal,
  });
  assert.equal(await next(), "offline");
  enough.abort(new Error("enough"));
  await assert.rejects(starting, { message: /unreachable|enough|cannot be reached/ });
});
