// SPDX-License-Identifier: MIT
/** The models of the original clients, held to recordings of those: told what they were told, they say what they said. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { readTranscript, type Step } from "../transcripts/transcript.ts";
import { type CompleteEndpoint, type FlitterPeer, flitterPeer } from "./flitter-peer.ts";
import { type TricklingEndpoint, type UnruptPage, unruptPage } from "./unrupt-peer.ts";
import { type Queue, queue, type Wire } from "./wire.ts";

/** A line whose other end is the recording. */
interface Line {
  readonly wire: Wire;
  readonly inbox: Queue;
  /** What the model said and the recording has not been asked for yet. */
  readonly said: string[];
  /** Did the model close it? */
  closed: boolean;
}

const newLine = (): Line => {
  const inbox = queue();
  const said: string[] = [];
  const line: Line = {
    inbox,
    said,
    closed: false,
    wire: {
      texts: inbox.texts,
      send: (text) => said.push(text),
      close: () => {
        line.closed = true;
        inbox.end();
      },
    },
  };
  return line;
};

const recordings = { flitter: "flitter/two-clients.txt", unrupt: "unrupt/unrupt-clients.txt" };

const stepsOf = (recording: string, title: string): readonly Step[] => {
  const section = readTranscript(recording).find((one) => one.title.startsWith(title));
  assert.ok(section !== undefined, `no section ${title}`);
  return section.steps;
};

/** The models under the names of a recording. */
interface Stage {
  /** A model connects, for the first time or again. */
  open(peer: string, target: string): void;
  line(peer: string): Line;
  /** The recording says something that the model has not said: time may have passed, or a user pressed a button. */
  prompt(peer: string): void;
}

const play = async (steps: readonly Step[], stage: Stage): Promise<void> => {
  for (const step of steps) {
    if (step.kind === "opens") stage.open(step.peer, step.target);
    else if (step.kind === "hears") stage.line(step.peer).inbox.put(step.text);
    else if (step.kind === "ended") stage.line(step.peer).inbox.end();
    else if (step.kind === "says") {
      const { said } = stage.line(step.peer);
      await settled();
      if (said.length === 0) stage.prompt(step.peer);
      await settled();
      const text = said.shift();
      assert.ok(text !== undefined, `${step.peer} did not say: ${String(step.frame)}`);
      // Python leaves blanks between the members of an object.
      assert.equal(text, JSON.stringify(JSON.parse(String(step.frame))));
    }
    await settled();
  }
};

const lineOf = (lines: ReadonlyMap<string, Line>, peer: string): Line => {
  const line = lines.get(peer);
  assert.ok(line !== undefined, `${peer} has no line`);
  return line;
};

/** Counts its descriptions, as the recorder of the original did. */
const countingEndpoint = (name: string): CompleteEndpoint => {
  let count = 0;
  const description = (kind: string) => async () => {
    count += 1;
    return `${kind}-${name}-${count}`;
  };
  return {
    offer: description("OFFER"),
    answer: description("ANSWER"),
    finish: async () => {},
    close: () => {},
  };
};

describe("the model of Flitter says what the original said", () => {
  /** `ids` and `calls`: those of the recorded programs, by the name they have in the recording. */
  const staged = (
    test: TestContext,
    calls: { readonly [peer: string]: string },
    ids: { readonly [peer: string]: string } = {},
  ) => {
    const clock = handClock();
    const lines = new Map<string, Line>();
    const peers = new Map<string, FlitterPeer<CompleteEndpoint>>();
    const dialing = new Map<string, (wire: Wire) => void>();
    test.after(() => {
      for (const peer of peers.values()) peer.stop();
    });
    const start = (peer: string): FlitterPeer<CompleteEndpoint> => {
      const id = ids[peer] ?? peer;
      const call = calls[peer];
      return flitterPeer({
        room: "R",
        id,
        ...(call === undefined ? {} : { call }),
        clock,
        dial: () => new Promise((resolve) => dialing.set(peer, resolve)),
        endpoint: async () => countingEndpoint(id),
      });
    };
    const stage: Stage = {
      open(peer) {
        const line = newLine();
        lines.set(peer, line);
        if (!peers.has(peer)) peers.set(peer, start(peer));
        const connect = dialing.get(peer);
        assert.ok(connect !== undefined, `${peer} does not connect`);
        dialing.delete(peer);
        connect(line.wire);
      },
      line: (peer) => lineOf(lines, peer),
      prompt: () => {},
    };
    const peer = (name: string) => {
      const found = peers.get(name);
      assert.ok(found !== undefined);
      return found;
    };
    return { clock, stage, peer, dialing };
  };

  test("a caller and who is called, and both leave when descriptions are exchanged", async (t) => {
    const { stage, peer } = staged(t, { caller: "receiver" });
    await play(stepsOf(recordings.flitter, "caller first"), stage);
    for (const name of ["caller", "receiver"]) {
      assert.equal((await peer(name).ended).how, "done");
      const { said, closed } = stage.line(name);
      assert.deepEqual([said, closed], [[], true]);
    }
  });

  test("two that call each other wait for ever, until one disappears", async (t) => {
    const { stage, peer } = staged(t, { x1: "x2", x2: "x1" });
    await play(stepsOf(recordings.flitter, "mutual call"), stage);
    assert.deepEqual([stage.line("x1").said, stage.line("x1").closed], [[], false]);
    assert.deepEqual(peer("x2").setbacks, ["x1 disappeared"]);
  });

  test("a taken id is tried again after 5 s", async (t) => {
    const { clock, stage, peer, dialing } = staged(t, {}, { d1bis: "d1" });
    const steps = stepsOf(recordings.flitter, "duplicate id");
    const refused = steps.findIndex(({ kind }) => kind === "ended") + 1;
    await play(steps.slice(0, refused), stage);
    assert.deepEqual(peer("d1bis").setbacks, ["User ID already taken"]);
    clock.advance(4_999);
    await settled();
    assert.ok(!dialing.has("d1bis"));
    clock.advance(1);
    await settled();
    await play(steps.slice(refused), stage);
  });
});

interface Found {
  /** Candidates that are there at once, and those that come when both descriptions stand. */
  readonly early: readonly string[];
  readonly late: readonly string[];
}

/** Descriptions and candidates as the recorder of the original made them up. */
const scriptedEndpoint = (
  name: string,
  { early, late }: Found,
): TricklingEndpoint & { gatherLate(): void } => {
  let stable = true;
  let found = (_: string): void => {};
  let settle = (): void => {};
  const stand = () => {
    stable = true;
    settle();
  };
  return {
    get stable() {
      return stable;
    },
    async offer() {
      stable = false;
      for (const candidate of early) found(candidate);
      return `v=0\r\ns=offer-${name}\r\n`;
    },
    async answer() {
      stand();
      return `v=0\r\ns=answer-${name}\r\n`;
    },
    finish: async () => stand(),
    take: async () => {},
    whenCandidate: (run) => {
      found = run;
    },
    whenStable: (run) => {
      settle = run;
    },
    gatherLate() {
      for (const candidate of late) found(candidate);
    },
    close: () => {},
  };
};

describe("the model of the Unrupt page says what the original said", () => {
  const framesOf = (steps: readonly Step[], peer: string) =>
    steps.flatMap(
      (step): readonly { readonly type: string; readonly sdp: string; readonly session: number }[] =>
        step.kind === "says" && step.peer === peer ? [JSON.parse(String(step.frame))] : [],
    );

  /** `began`: when the recorded call was made, by the clock of its page. */
  const staged = (test: TestContext, began: number, candidates: { readonly [peer: string]: Found }) => {
    const clock = handClock(began);
    const lines = new Map<string, Line>();
    const pages = new Map<string, UnruptPage<ReturnType<typeof scriptedEndpoint>>>();
    test.after(() => {
      for (const page of pages.values()) page.stop();
    });
    const stage: Stage = {
      open(peer, target) {
        const line = newLine();
        lines.set(peer, line);
        const id = new URL(target, "ws://relay").searchParams.get("finger") ?? "";
        const found = candidates[peer] ?? { early: [], late: [] };
        const endpoint = () => scriptedEndpoint(peer, found);
        pages.set(peer, unruptPage({ id, wire: line.wire, endpoint, clock }));
      },
      line: (peer) => lineOf(lines, peer),
      prompt: () => clock.advance(10_000),
    };
    const page = (name: string) => {
      const found = pages.get(name);
      assert.ok(found !== undefined);
      return found;
    };
    return { stage, page };
  };

  test("a guest repeats its offer until the inviter is ready, candidates follow the answer, and a button is pressed", async (t) => {
    const opening = stepsOf(recordings.unrupt, "initiator opens");
    const steps = stepsOf(recordings.unrupt, "guest accepts before");
    const [first] = framesOf(steps, "guest");
    assert.ok(first !== undefined);
    const candidatesOf = (peer: string) =>
      framesOf(steps, peer).flatMap(({ type, sdp }) => (type === "candidate" ? [sdp] : []));
    const { stage, page } = staged(t, first.session, {
      // The last one found goes out first.
      guest: { early: candidatesOf("guest").toReversed(), late: [] },
      init: { early: [], late: candidatesOf("init") },
    });
    await play(opening, stage);
    const inviter = opening.flatMap((step) =>
      step.kind === "opens" && step.peer === "init" ? [step.target] : [],
    );
    page("guest").accept(new URL(inviter[0] ?? "", "ws://relay").searchParams.get("finger") ?? "");
    const offers = steps.flatMap((step, index) =>
      step.kind === "says" && step.peer === "guest" ? [index] : [],
    );
    await play(steps.slice(0, offers[2]), stage);
    const endpoint = page("init").share();
    const gathers = steps.findIndex(
      (step) => step.kind === "says" && step.peer === "init" && String(step.frame).includes('"candidate"'),
    );
    await play(steps.slice(offers[2], gathers), stage);
    endpoint.gatherLate();
    await play(steps.slice(gathers), stage);
    page("guest").toggle();
    await play(stepsOf(recordings.unrupt, "toggle"), stage);
    assert.equal(page("init").toggles, 1);
    for (const name of ["guest", "init"]) {
      assert.deepEqual([page(name).alerts, page(name).logged, stage.line(name).said], [[], [], []]);
    }
  });

  test("a call to nobody is offered six times", async (t) => {
    const steps = stepsOf(recordings.unrupt, "call to nobody");
    const [first] = framesOf(steps, "lone");
    assert.ok(first !== undefined);
    const { stage, page } = staged(t, first.session, {});
    await play(steps.slice(0, 1), stage);
    page("lone").accept("c".repeat(64));
    await play(steps.slice(1), stage);
    stage.prompt("lone");
    await settled();
    assert.deepEqual(stage.line("lone").said, []);
  });

  test("a frame for somebody else, and an answer of another session, stand in its user's way", async (t) => {
    const { stage, page } = staged(t, 1_000, {});
    stage.open("ann", "/websocket/?finger=ann");
    page("ann").accept("bob");
    await settled();
    const { inbox } = stage.line("ann");
    inbox.put(JSON.stringify({ to: "eve", type: "hello" }));
    inbox.put(JSON.stringify({ to: "ann", type: "answer", sdp: "v=0", session: 7 }));
    await settled();
    assert.deepEqual(page("ann").alerts, ["a frame for eve", "an answer of session 7"]);
  });
});
