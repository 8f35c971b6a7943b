// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, type TestContext, test } from "node:test";
import type { LanPeer, LanPeerOptions, LanState } from "./peer.ts";
import { lanPeer, lostMs } from "./peer.ts";
import { type BoundSocket, openSocket, type SocketOptions } from "./socket.ts";
import { ring } from "./testing/lan-end.ts";
import { groundWithout } from "./testing/started-command.ts";
import { emptyStream, makeConnection, nextMessage, opened, videoTrack } from "./testing/wrtc.ts";

/** Broadcasts of the loopback network: they never leave the machine. */
const broadcast = "127.255.255.255";

interface Watched {
  readonly peer: LanPeer;
  readonly states: readonly (LanState | undefined)[];
  /** Settles when that state comes, or stands. */
  reaches(state: LanState | undefined): Promise<void>;
}

/** A peer whose states are written down. */
const watched = async (
  context: TestContext,
  options: Omit<LanPeerOptions, "makeConnection"> & Partial<LanPeerOptions>,
): Promise<Watched> => {
  const states: (LanState | undefined)[] = [];
  const waiting = new Set<() => void>();
  const peer = await lanPeer({
    keys: ring,
    broadcast,
    makeConnection,
    ...options,
    onState(state) {
      states.push(state);
      options.onState?.(state);
      for (const look of waiting) look();
    },
  });
  context.after(() => peer.close());
  return {
    peer,
    states,
    reaches: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (states.at(-1) !== wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
};

/** Connecting may be over before anybody is told of it. */
const lasting = (states: readonly (LanState | undefined)[]) =>
  states.filter((state) => state !== "connecting");

/** Answers on a port of its own; `sockets` has what was opened. */
const answering = (): {
  readonly sockets: BoundSocket[];
  readonly openSocket: (o: SocketOptions) => Promise<BoundSocket>;
} => {
  const sockets: BoundSocket[] = [];
  return {
    sockets,
    async openSocket(options) {
      const socket = await openSocket({ ...options, port: sockets.at(-1)?.port ?? 0 });
      sockets.push(socket);
      return socket;
    },
  };
};

const portOf = (sockets: readonly BoundSocket[]): number => {
  const [socket] = sockets;
  assert.ok(socket !== undefined);
  return socket.port;
};

/** A connection with a data channel, and a promise of the channel the other side opens. */
const withChannel = () => {
  let gotChannel: (channel: RTCDataChannel) => void = () => {};
  const incoming = new Promise<RTCDataChannel>((resolve) => {
    gotChannel = resolve;
  });
  return {
    incoming,
    make: () => {
      const connection = makeConnection();
      connection.addEventListener("datachannel", ({ channel }) => gotChannel(channel));
      return connection;
    },
  };
};

describe("a call on the LAN", () => {
  test("opens a data channel between two peers that share an id and a secret", async (context) => {
    const { sockets, openSocket } = answering();
    const { incoming, make } = withChannel();
    const answerer = await watched(context, {
      answer: "studio",
      secret: "only ours",
      openSocket,
      makeConnection: make,
    });
    const calling: RTCDataChannel[] = [];
    const caller = await watched(context, {
      call: "studio",
      secret: "only ours",
      port: portOf(sockets),
      makeConnection() {
        const connection = makeConnection();
        calling.push(connection.createDataChannel("talk"));
        return connection;
      },
    });
    const [channel] = calling;
    assert.ok(channel !== undefined);
    const received = await incoming;
    await opened(channel);
    const heard = nextMessage(received);
    channel.send("hello on the LAN");
    assert.equal(await heard, "hello on the LAN");
    await Promise.all([caller.reaches("connected"), answerer.reaches("connected")]);
    assert.deepEqual(lasting(caller.states), ["new", "connected"]);
    assert.deepEqual(lasting(answerer.states), ["new", "connected"]);
    assert.equal(caller.peer.counts.taken, 1);
  });

  test("is made anew when the other side hangs up and calls again", async (context) => {
    const { sockets, openSocket } = answering();
    const tracks: MediaStreamTrack[] = [];
    context.after(() => {
      for (const track of tracks) track.stop();
    });
    const withVideo = () => {
      const connection = makeConnection();
      const track = videoTrack();
      tracks.push(track);
      connection.addTrack(track, emptyStream());
      return connection;
    };
    const answerer = await watched(context, { answer: "studio", openSocket, makeConnection: withVideo });
    for (let round = 0; round < 2; round += 1) {
      const caller = await watched(context, {
        call: "studio",
        port: portOf(sockets),
        makeConnection: withVideo,
      });
      await Promise.all([caller.reaches("connected"), answerer.reaches("connected")]);
      caller.peer.close();
      await answerer.reaches("new");
    }
    assert.deepEqual(lasting(answerer.states), [
      "new",
      "connected",
      "closed",
      "new",
      "connected",
      "closed",
      "new",
    ]);
  });

  test("that is silent for half a minute has failed, and is made anew; one that comes back goes on", async (context) => {
    const { sockets, openSocket } = answering();
    const { make } = withChannel();
    const answerer = await watched(context, { answer: "studio", openSocket, makeConnection: make });
    const { ground, over } = groundWithout(lostMs);
    // What no test waits for: a real path takes a quarter of a minute to be seen broken.
    let pretended: RTCPeerConnectionState | undefined;
    const caller = await watched(context, {
      call: "studio",
      port: portOf(sockets),
      ground,
      makeConnection() {
        const connection = makeConnection();
        connection.createDataChannel("talk");
        pretended = undefined;
        return new Proxy(connection, {
          get(target, name) {
            const value = name === "connectionState" && pretended ? pretended : Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      },
    });
    await Promise.all([caller.reaches("connected"), answerer.reaches("connected")]);
    const appears = (state: RTCPeerConnectionState) => {
      pretended = state;
      caller.peer.connection?.dispatchEvent(new Event("connectionstatechange"));
    };
    appears("disconnected");
    await caller.reaches("connecting");
    appears("connected");
    await caller.reaches("connected");
    over();
    assert.equal(caller.peer.state, "connected");
    appears("disconnected");
    await caller.reaches("connecting");
    over();
    assert.deepEqual(lasting(caller.states), ["new", "connected", "connected", "failed", "new"]);
    answerer.peer.restart();
    await caller.reaches("connected");
  });

  test("can be given up and begun anew by who knows that the other side is gone", async (context) => {
    const { sockets, openSocket } = answering();
    const { make, incoming } = withChannel();
    const answerer = await watched(context, { answer: "studio", openSocket, makeConnection: make });
    const call = () =>
      watched(context, {
        call: "studio",
        port: portOf(sockets),
        makeConnection() {
          const connection = makeConnection();
          connection.createDataChannel("talk");
          return connection;
        },
      });
    const first = await call();
    const channel = await incoming;
    const ended = once(channel, "close");
    await answerer.reaches("connected");
    first.peer.close();
    await ended;
    answerer.peer.restart();
    assert.equal(answerer.peer.state, "new");
    await call();
    await answerer.reaches("connected");
  });
});

describe("the attributes of a call on the LAN", () => {
  test("where both ids are given the call wins", async (context) => {
    const { sockets, openSocket: answererSocket } = answering();
    const answerer = await watched(context, { answer: "a", openSocket: answererSocket });
    const roles: string[] = [];
    const both = await watched(context, {
      call: "a",
      answer: "b",
      port: portOf(sockets),
      makeConnection(role) {
        roles.push(role);
        const connection = makeConnection();
        connection.createDataChannel("talk");
        return connection;
      },
    });
    await Promise.all([both.reaches("connected"), answerer.reaches("connected")]);
    assert.deepEqual(roles, ["caller"]);
  });

  test("an empty id counts as none", async (context) => {
    const roles: string[] = [];
    await watched(context, {
      call: "",
      answer: "b",
      async openSocket(options) {
        roles.push(options.role);
        return openSocket({ ...options, port: 0 });
      },
    });
    assert.deepEqual(roles, ["answerer"]);
  });

  test("without an id to call or answer under is a mistake that is told", async () => {
    await assert.rejects(lanPeer({ makeConnection }), /needs an id/);
    await assert.rejects(lanPeer({ makeConnection, call: "", answer: "" }), /needs an id/);
  });

  test("have the original's defaults", async (context) => {
    const asked: SocketOptions[] = [];
    await watched(context, {
      call: "a",
      broadcast: "255.255.255.255",
      async openSocket(options) {
        asked.push(options);
        return { ...(await openSocket({ ...options, broadcast })), send() {} };
      },
    });
    assert.deepEqual(asked, [{ role: "caller", port: 5111, broadcast: "255.255.255.255" }]);
  });

  test("tear the call down and start anew when one of them changes, and not otherwise", async (context) => {
    const { sockets, openSocket } = answering();
    const answerer = await watched(context, { answer: "one", openSocket });
    const port = portOf(sockets);
    const caller = await watched(context, {
      call: "one",
      port,
      makeConnection() {
        const connection = makeConnection();
        connection.createDataChannel("talk");
        return connection;
      },
    });
    await Promise.all([caller.reaches("connected"), answerer.reaches("connected")]);
    const before = answerer.peer.connection;
    await answerer.peer.change({ answer: "one", secret: "flitter_webrtc", broadcast });
    assert.equal(answerer.peer.connection, before);
    await answerer.peer.change({ answer: "two", broadcast });
    assert.deepEqual(answerer.states.slice(-2), [undefined, "new"]);
    await caller.peer.change({ call: "two", port, broadcast });
    await Promise.all([caller.reaches("connected"), answerer.reaches("connected")]);
    assert.notEqual(answerer.peer.connection, before);
  });

  test("that name no address of this machine are refused with the system's reason", async () => {
    await assert.rejects(
      lanPeer({ answer: "a", host: "192.0.2.254", port: 0, makeConnection, keys: ring }),
      /EADDRNOTAVAIL/,
    );
  });
});

describe("the end of a call on the LAN", () => {
  test("comes at once when its signal is aborted, and leaves no state", async (context) => {
    const abort = new AbortController();
    const { openSocket } = answering();
    const { peer, states } = await watched(context, { answer: "nobody", openSocket, signal: abort.signal });
    abort.abort();
    assert.equal(peer.state, undefined);
    assert.deepEqual(states, ["new", undefined]);
  });

  test("may come while it is still starting", async () => {
    const abort = new AbortController();
    const closed: string[] = [];
    const starting = lanPeer({
      answer: "nobody",
      keys: ring,
      signal: abort.signal,
      async openSocket(options) {
        const socket = await openSocket({ ...options, port: 0 });
        abort.abort();
        return {
          ...socket,
          close() {
            closed.push("socket");
            socket.close();
          },
        };
      },
      makeConnection: () => assert.fail("no connection is needed"),
    });
    await assert.rejects(starting, { name: "AbortError" });
    assert.deepEqual(closed, ["socket"]);
  });
});
