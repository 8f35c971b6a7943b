// SPDX-License-Identifier: MIT
/** What a page tells, in a runtime that is given a page's globals for the while. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { connect } from "./connect.ts";
import { joined, scriptedServer, welcome } from "./testing/scripted-server.ts";
import { watchPage } from "./wake.ts";

const asPage = (context: TestContext) => {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const globals = { addEventListener: page.addEventListener.bind(page), document };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    context.after(() => Reflect.deleteProperty(globalThis, name));
  }
  return {
    online: () => page.dispatchEvent(new Event("online")),
    hide: (persisted: boolean) => page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted })),
    see: (visibilityState: string) => {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event("visibilitychange"));
    },
  };
};

const joinedRoom = async () => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock });
  server.line.accept();
  server.line.tell(welcome(), joined());
  const room = await joining;
  clock.advance(1_000);
  server.line.take();
  return { server, clock, room };
};

test("outside a page there is nothing to hear", () => {
  watchPage(
    () => assert.fail(),
    () => assert.fail(),
  )();
});

test("when the network or the page comes back, a lost line is tried at once and a standing one is probed", async (context) => {
  const page = asPage(context);
  const { server, clock, room } = await joinedRoom();
  page.see("hidden");
  assert.deepEqual(server.line.take(), []);
  page.see("visible");
  assert.deepEqual(server.line.take(), [{ type: "ping", seen: 2 }]);
  page.online();
  assert.deepEqual(server.line.take(), [], "one probe at a time");
  const [standing] = server.lines;
  clock.advance(10_000);
  assert.equal(standing?.closed, true);
  page.online();
  assert.equal(server.lines.length, 2);
  page.online();
  assert.equal(server.lines.length, 2, "an attempt under way is left to it");
  room.session.close();
  page.online();
  assert.equal(server.lines.length, 2);
});

test("a page that goes for good says so, one that may be shown again does not", async (context) => {
  const page = asPage(context);
  const { server, room } = await joinedRoom();
  page.hide(true);
  assert.deepEqual(server.line.take(), []);
  page.hide(false);
  assert.deepEqual(server.line.take(), [{ type: "end" }]);
  assert.equal(room.state, "closed");
});
