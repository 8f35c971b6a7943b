// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import {
  answer,
  ask,
  camera,
  candidate,
  clientToken,
  deviceToken,
  offer,
  type PeerNetBox,
  type StartBox,
} from "./bench.ts";

export const waitingSuite = (startBox: StartBox): void => {
  type Box = PeerNetBox;

  const knocks = "/v1/servers/cam/services/camera/knocks";
  const register = (box: Box) => ask(box, "POST", "/v1/servers", camera, deviceToken);
  const knock = async (box: Box): Promise<string> =>
    (await ask(box, "POST", knocks, { knock: { offer } }, clientToken)).json.knock.name;

  /** A box whose time stands still until it is turned. */
  const handBox = async (t: TestContext) => {
    const clock = handClock(1_700_000_000_000);
    const box = await startBox(t, {}, { clock, wallNow: clock.now });
    await register(box);
    return { box, clock };
  };

  /** Until somebody waits for this server's knocks, or nobody does any more. */
  const attended = async (box: Box, wanted: boolean): Promise<void> => {
    for (;;) {
      const { json } = await ask(box, "GET", "/v1/servers/cam");
      if ((json.online === true) === wanted) return;
    }
  };

  /** Turns the clock until it has happened. */
  const turning = async <T>(
    clock: { advance(ms: number): void },
    stepMs: number,
    run: Promise<T>,
  ): Promise<T> => {
    let over = false;
    const done = run.finally(() => {
      over = true;
    });
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      clock.advance(stepMs);
    }
    return done;
  };

  describe("a wait ends", () => {
    test("with a knock, at once", async (t) => {
      const { box } = await handBox(t);
      const poll = ask(box, "GET", "/v1/servers/cam/knocks?wait=30s", undefined, deviceToken);
      await attended(box, true);
      const name = await knock(box);
      const { status, json } = await poll;
      assert.equal(status, 200);
      assert.deepEqual(
        json.knocks.map((one: { name: string; offer: object }) => [one.name, one.offer]),
        [[name, offer]],
      );
    });

    test("when its time is up: an empty list is no error", async (t) => {
      const { box, clock } = await handBox(t);
      const poll = ask(box, "GET", "/v1/servers/cam/knocks?wait=30s", undefined, deviceToken);
      await attended(box, true);
      clock.advance(30_000);
      const { status, json } = await poll;
      assert.deepEqual({ status, json }, { status: 200, json: { cursor: "0" } });
    });

    test("before proxies lose patience, whatever was asked for", async (t) => {
      const { box, clock } = await handBox(t);
      const poll = ask(box, "GET", "/v1/servers/cam/knocks?wait=3600s", undefined, deviceToken);
      await attended(box, true);
      clock.advance(55_000);
      assert.equal((await poll).status, 200);
    });

    test("with the answer, in the response to the knock itself", async (t) => {
      const { box } = await handBox(t);
      const asked = ask(box, "POST", knocks, { knock: { offer }, wait: "30s" }, clientToken);
      const batch = await ask(box, "GET", "/v1/servers/cam/knocks?wait=30s", undefined, deviceToken);
      const { name } = batch.json.knocks[0];
      assert.equal((await ask(box, "POST", `/v1/${name}:answer`, { answer }, deviceToken)).status, 200);
      const { status, json, headers } = await asked;
      assert.equal(status, 201);
      assert.equal(json.knock.state, "STATE_ANSWERED");
      assert.deepEqual(json.knock.answer, answer);
      assert.equal(headers.get("location"), `/v1/${name}`);
    });

    test("with a told fate, where nobody answers in time", async (t) => {
      const { box, clock } = await handBox(t);
      const body = { knock: { offer, ttl: "5s" }, wait: "50s" };
      const { status, json } = await turning(clock, 500, ask(box, "POST", knocks, body, clientToken));
      assert.equal(status, 201);
      assert.equal(json.knock.state, "STATE_EXPIRED");
    });

    test("still pending, where the wait is shorter than the knock's time: 202, and it can be read later", async (t) => {
      const { box, clock } = await handBox(t);
      const body = { knock: { offer, ttl: "50s" }, wait: "2s" };
      const { status, json, headers } = await turning(
        clock,
        500,
        ask(box, "POST", knocks, body, clientToken),
      );
      assert.equal(status, 202);
      assert.equal(json.knock.state, "STATE_PENDING");
      const later = await ask(box, "GET", headers.get("location") ?? "", undefined, clientToken);
      assert.equal(later.json.name, json.knock.name);
    });

    test("when its server is removed: there is nothing to wait for any more", async (t) => {
      const { box } = await handBox(t);
      const wait = "?wait=30s";
      const polls = ["/v1/servers/cam/knocks", "/v1/servers/cam/services/camera/knocks"].map((path) =>
        ask(box, "GET", `${path}${wait}`, undefined, deviceToken),
      );
      await attended(box, true);
      assert.equal((await ask(box, "DELETE", "/v1/servers/cam", undefined, deviceToken)).status, 204);
      for (const poll of polls) {
        const { status, json } = await poll;
        assert.deepEqual([status, json.reason], [404, "NOT_FOUND"]);
      }
    });

    test("when the service it is for is removed, and only then", async (t) => {
      const { box } = await handBox(t);
      const poll = ask(box, "GET", "/v1/servers/cam/services/camera/knocks?wait=30s", undefined, deviceToken);
      await attended(box, true);
      await ask(box, "POST", "/v1/servers/cam/services", { protocol: "sensor" }, deviceToken);
      await ask(box, "DELETE", "/v1/servers/cam/services/sensor", undefined, deviceToken);
      assert.equal((await ask(box, "GET", "/v1/servers/cam")).json.online, true, "it still waits");
      await ask(box, "DELETE", "/v1/servers/cam/services/camera", undefined, deviceToken);
      assert.equal((await poll).status, 404);
    });

    test("when whoever waits goes away: it is seen as gone, and misses nothing", async (t) => {
      const { box } = await handBox(t);
      const abort = new AbortController();
      const poll = fetch(`${box.url}/v1/servers/cam/knocks?wait=30s`, {
        headers: { authorization: `Bearer ${deviceToken}` },
        signal: abort.signal,
      });
      await attended(box, true);
      abort.abort();
      await assert.rejects(poll, { name: "AbortError" });
      await attended(box, false);
      const name = await knock(box);
      const { json } = await ask(box, "GET", "/v1/servers/cam/knocks", undefined, deviceToken);
      assert.equal(json.knocks[0].name, name);
    });

    test("when the server drains: polls are answered and streams end, with how things stand", async (t) => {
      const { box } = await handBox(t);
      const poll = ask(box, "GET", "/v1/servers/cam/knocks?wait=30s", undefined, deviceToken);
      const asked = ask(
        box,
        "POST",
        "/v1/knocks",
        { selector: { server: "cam", protocol: "camera" }, knock: { offer }, wait: "30s" },
        clientToken,
      );
      assert.equal((await poll).json.knocks.length, 1);
      const stream = await fetch(`${box.url}/v1/servers/cam/knocks:watch`, {
        headers: { authorization: `Bearer ${deviceToken}` },
      });
      const cursor = String(
        (await ask(box, "GET", "/v1/servers/cam/knocks", undefined, deviceToken)).json.cursor,
      );
      const waits = ask(
        box,
        "GET",
        `/v1/servers/cam/knocks?wait=30s&cursor=${cursor}`,
        undefined,
        deviceToken,
      );
      await attended(box, true);
      const closed = box.close();
      assert.deepEqual((await waits).json, { cursor });
      const { status, json } = await asked;
      assert.deepEqual([status, json.knock.state], [202, "STATE_DELIVERED"]);
      assert.match(await stream.text(), /^: open\n/);
      await closed;
    });
  });

  /** Events of a stream, one by one. */
  const events = async function* (response: Response): AsyncGenerator<{ id?: string; data: string }> {
    assert.ok(response.body);
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      const whole = text.split("\n\n");
      text = whole.pop() ?? "";
      for (const event of whole) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        const id = /^id: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) yield { data, ...(id === undefined ? {} : { id }) };
      }
    }
  };

  describe("a stream of events", () => {
    const watch = (box: Box, headers: { readonly [name: string]: string } = {}, signal?: AbortSignal) =>
      fetch(`${box.url}/v1/servers/cam/knocks:watch`, {
        headers: { authorization: `Bearer ${deviceToken}`, ...headers },
        ...(signal === undefined ? {} : { signal }),
      });

    test("goes on after Last-Event-ID, and begins anew without it", async (t) => {
      const { box, clock } = await handBox(t);
      const first = await knock(box);
      const abort = new AbortController();
      const stream = await watch(box, {}, abort.signal);
      assert.equal(stream.headers.get("content-type"), "text/event-stream");
      const { value: event } = await events(stream).next();
      assert.equal(JSON.parse(event?.data ?? "").knock.name, first);
      abort.abort();
      // Knocks of one moment have no order, and the clocks of several servers are not quite equal.
      clock.advance(1_000);
      const second = await knock(box);
      const resumed = await events(await watch(box, { "last-event-id": event?.id ?? "" })).next();
      assert.equal(JSON.parse(resumed.value?.data ?? "").knock.name, second);
      const anew = await events(await watch(box)).next();
      assert.equal(JSON.parse(anew.value?.data ?? "").knock.name, first);
    });

    test("that is cut within a batch gives the whole batch again", async (t) => {
      const { box } = await handBox(t);
      const names = [await knock(box), await knock(box)];
      const { value: event } = await events(await watch(box)).next();
      const again = events(await watch(box, { "last-event-id": event?.id ?? "" }));
      const seen = [(await again.next()).value, (await again.next()).value];
      assert.deepEqual(
        seen.map((one) => JSON.parse(one?.data ?? "").knock.name),
        names.sort(),
      );
    });

    test("of a knock that was answered waits for later candidates, and keeps nobody else waiting", async (t) => {
      const { box, clock } = await handBox(t);
      const name = await knock(box);
      await ask(box, "POST", `/v1/${name}:answer`, { answer }, deviceToken);
      const watched = events(
        await fetch(`${box.url}/v1/${name}:watch`, { headers: { authorization: `Bearer ${clientToken}` } }),
      );
      const fate = async () => JSON.parse((await watched.next()).value?.data ?? "{}").knock;
      assert.equal((await fate()).state, "STATE_ANSWERED");
      const iceCandidates = [candidate(1, "answ")];
      await ask(box, "POST", `/v1/${name}:addIceCandidates`, { iceCandidates }, deviceToken);
      assert.equal((await fate()).answerIceCandidates.length, 1);
      clock.advance(31_000);
      assert.equal((await watched.next()).done, true, "it ends when the knock is gone");
    });

    test("of a server ends when that is removed", async (t) => {
      const { box } = await handBox(t);
      const stream = await watch(box);
      await attended(box, true);
      await ask(box, "DELETE", "/v1/servers/cam", undefined, deviceToken);
      assert.match(await stream.text(), /^: open\n/);
      assert.equal((await watch(box)).status, 404, "and whoever comes back is told why");
    });

    test("is refused with a status, before it begins", async (t) => {
      const { box } = await handBox(t);
      const response = await fetch(`${box.url}/v1/servers/cam/knocks:watch`);
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    });

    test("comes as lines of JSON where that is accepted, heartbeats included", async (t) => {
      const { box, clock } = await handBox(t);
      const response = await watch(box, { accept: "application/x-ndjson" });
      assert.equal(response.headers.get("content-type"), "application/x-ndjson");
      assert.ok(response.body);
      const reader = response.body.getReader();
      const { value } = await turning(clock, 1_000, reader.read());
      assert.ok("heartbeat" in JSON.parse(new TextDecoder().decode(value).split("\n")[0] ?? ""));
      await reader.cancel();
    });
  });
};
