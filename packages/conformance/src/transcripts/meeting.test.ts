// SPDX-License-Identifier: MIT
/** A Flitter and an Unrupt peer in one room, each with the frames its original program was recorded to send. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { settled, type TestLine } from "@signalbox/core/testing";
import { flitter } from "@signalbox/dialects/flitter";
import { unrupt } from "@signalbox/dialects/unrupt";
import { stage } from "./replay.ts";
import { readTranscript } from "./transcript.ts";

const sdp = (name: string): string =>
  readFileSync(new URL(`../../transcripts/flitter/aiortc-${name}.sdp`, import.meta.url), "utf8");
const offer = sdp("offer");
const answer = sdp("answer");

interface PageFrame {
  readonly [key: string]: unknown;
  readonly type: string;
}

/** What the page was recorded to send in a call, as guest (who offers) or as inviter, oldest first. */
const pageFrames = (role: "guest" | "init"): readonly PageFrame[] =>
  readTranscript("unrupt/unrupt-clients.txt").flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === "says" && step.peer === role ? [JSON.parse(String(step.frame))] : [],
    ),
  );

const meet = async (announced: boolean) => {
  const on = stage(flitter());
  const page = on.open("page", "/websocket/?finger=page", unrupt({ room: "R", announced }));
  await settled();
  const cam = on.open("cam", "/");
  cam.send({ type: "join", id: "cam", room: "R" });
  await settled();
  return { on, page, cam };
};

const types = (line: TestLine): readonly unknown[] => line.take().map((frame) => frame["type"]);

describe("a Flitter and an Unrupt peer in one room", () => {
  for (const announced of [true, false]) {
    test(`the page calls Flitter${announced ? "" : ", also where its mount announces nobody"}`, async () => {
      const { on, page, cam } = await meet(announced);
      assert.deepEqual(cam.take(), [{ type: "members", members: announced ? ["page", "cam"] : ["cam"] }]);
      const [first, second] = pageFrames("guest");
      for (const frame of [first, second]) page.send({ ...frame, to: "cam", from: "page", sdp: offer });
      await settled();
      assert.deepEqual(cam.take(), [{ type: "call", to: "cam", offer, from: "page" }]);
      // Somebody else comes while Flitter gathers: whom it does not see in the list it hangs up on.
      on.open("eve", "/").send({ type: "join", id: "eve", room: "R" });
      await settled();
      assert.deepEqual(
        new Set(cam.take()[0]?.["members"] as readonly string[]),
        new Set(["page", "cam", "eve"]),
      );
      cam.send({ type: "answer", to: "page", answer });
      await settled();
      assert.deepEqual(page.take(), [
        { to: "page", retry: 0, from: "cam", type: "answer", sdp: answer, session: first?.["session"] },
      ]);
      assert.deepEqual(cam.take(), [{ type: "finished", to: "cam", from: "page" }]);
      // The page's candidates come only now, when Flitter's description stands and its peer has left.
      for (const frame of pageFrames("guest").filter(({ type }) => type === "candidate"))
        page.send({ ...frame, to: "cam", from: "page" });
      await settled();
      on.clock.advance(60_000);
      await settled();
      assert.deepEqual([cam.take(), page.take(), cam.closing, page.closing], [[], [], undefined, undefined]);
    });
  }

  test("Flitter calls the page: it is offered to until it answers, and its candidates are in what Flitter gets", async () => {
    const { on, page, cam } = await meet(true);
    cam.take();
    cam.send({ type: "call", to: "page", offer });
    await settled();
    const [told] = page.take();
    assert.deepEqual(
      [told?.["type"], told?.["to"], told?.["from"], told?.["retry"], told?.["sdp"]],
      ["offer", "page", "cam", 5, offer],
    );
    on.clock.advance(25_000);
    assert.deepEqual(
      page.take().map((frame) => frame["retry"]),
      [4, 3],
    );
    // The page's first candidate overtakes its answer on the wire, as its own flush may.
    const session = told?.["session"];
    const [reply, candidate] = pageFrames("init");
    assert.equal(candidate?.type, "candidate");
    page.send({ ...candidate, to: "cam", from: "page", session });
    page.send({ ...reply, to: "cam", from: "page", session, sdp: answer });
    await settled();
    on.clock.advance(2_000);
    await settled();
    const [got, ...more] = cam.take();
    assert.deepEqual([got?.["type"], got?.["from"], more], ["answer", "page", []]);
    assert.ok(String(got?.["answer"]).includes(`a=${candidate?.["sdp"]}\r\n`));
    cam.send({ type: "finished", to: "page" });
    cam.drop();
    on.clock.advance(60_000);
    await settled();
    assert.deepEqual(page.take(), []);
  });

  test("a Flitter caller that goes is not offered any more", async () => {
    const { on, page, cam } = await meet(true);
    cam.send({ type: "call", to: "page", offer });
    await settled();
    assert.deepEqual(types(page), ["offer"]);
    cam.drop();
    await settled();
    on.clock.advance(60_000);
    assert.deepEqual(page.take(), []);
  });

  test("a call to a page in a room of its own is a call to nobody", async () => {
    const on = stage(flitter());
    const page = on.open("page", "/websocket/?finger=page", unrupt());
    const cam = on.open("cam", "/");
    cam.send({ type: "join", id: "cam", room: "R" });
    await settled();
    cam.send({ type: "call", to: "page", offer });
    await settled();
    assert.deepEqual([types(cam), page.told], [["members"], []]);
  });
});
