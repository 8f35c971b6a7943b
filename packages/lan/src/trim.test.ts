// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chromeOffer, chromeOfferCandidates, completeOffer } from "@signalbox/core/testing";
import fc from "fast-check";
import { completeDescription } from "./complete-description.ts";
import { packetBytes, packetBytesMax } from "./packet.ts";
import { systemGround } from "./system-ground.ts";
import { emptyStream, makeConnection, nextMessage, opened, videoTrack } from "./testing/wrtc.ts";
import { trims, trimToFit } from "./trim.ts";

const sections = (sdp: string) => sdp.split(/(?=^m=)/m);
const never = () => false;

/** What Chromium offers with its candidates in place, as a peer that waits for gathering sends it. */
const wideOffer = sections(chromeOffer)
  .map((section, index) => {
    const own = chromeOfferCandidates.filter(({ sdpMLineIndex }) => sdpMLineIndex === index - 1);
    const lines = own.map(({ candidate }) => `a=${candidate}\r\n`);
    return section + lines.join("");
  })
  .join("")
  .replace(/(m=video .*)\r\n/, "$1 35 36 45\r\n")
  .replace(
    "a=rtpmap:96 VP8/90000\r\n",
    [
      "a=rtpmap:96 VP8/90000",
      "a=rtpmap:35 rtx/90000",
      "a=fmtp:35 apt=96",
      "a=rtpmap:36 AV1/90000",
      "a=rtcp-fb:36 nack",
      "a=rtpmap:45 rtx/90000",
      "a=fmtp:45 apt=36",
      "",
    ].join("\r\n"),
  );

describe("trimming", () => {
  test("leaves a description alone that fits", () => {
    assert.deepEqual(
      trimToFit("offer", wideOffer, () => true),
      { sdp: wideOffer, leftOut: [] },
    );
  });

  test("stops as soon as it fits, and says what it left out", () => {
    const { sdp, leftOut } = trimToFit("offer", wideOffer, (text) => text.length < wideOffer.length);
    assert.deepEqual(leftOut, ["candidates repeated for bundled sections"]);
    const [, first = "", ...others] = sections(sdp);
    assert.equal(first.match(/^a=candidate:/gm)?.length, 2);
    assert.ok(others.every((section) => !section.includes("a=candidate:")));
  });

  test("keeps VP8 with its retransmissions, and leaves out rarer codecs whole", () => {
    const { sdp } = trimToFit("offer", wideOffer, never);
    const video = sections(sdp).find((section) => section.startsWith("m=video")) ?? "";
    assert.match(video, /^m=video 9 UDP\/TLS\/RTP\/SAVPF 96 35\r\n/);
    assert.match(video, /a=fmtp:35 apt=96/);
    assert.doesNotMatch(video, /AV1|:36 |apt=36/);
  });

  test("leaves out of an answer only what was not agreed by it", () => {
    const { leftOut, sdp } = trimToFit("answer", wideOffer, never);
    assert.match(sdp, /AV1/);
    assert.match(sdp, /a=extmap:/);
    assert.deepEqual(leftOut, ["candidates repeated for bundled sections", "stream names told twice"]);
  });

  test("never takes the last candidate of a section", () => {
    for (const { apply } of trims) {
      assert.match(apply(completeOffer), /a=candidate:/);
      const onlyLoopback = completeOffer.replaceAll("192.0.2.7 41216", "127.0.0.1 41216");
      assert.match(apply(onlyLoopback), /a=candidate:/);
    }
  });

  test("of any text gives text that is no longer, and the same again", () => {
    const line = fc.oneof(
      fc.constantFrom(...wideOffer.split("\r\n")),
      fc.string({ unit: "binary" }).filter((text) => !/[\r\n]/.test(text)),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const sdp = `${lines.join("\r\n")}\r\n`;
        const { sdp: once } = trimToFit("offer", sdp, never);
        assert.ok(once.length <= sdp.length);
        assert.deepEqual(trimToFit("offer", once, never), { sdp: once, leftOut: [] });
      }),
    );
  });

  test("makes the offer of a real peer connection smaller, and the call still comes about", async (context) => {
    const caller = makeConnection();
    const answerer = makeConnection();
    const track = videoTrack();
    context.after(() => {
      track.stop();
      caller.close();
      answerer.close();
    });
    caller.addTrack(track, emptyStream());
    const channel = caller.createDataChannel("talk");
    const incoming = new Promise<RTCDataChannel>((resolve) => {
      answerer.addEventListener("datachannel", (event) => resolve(event.channel));
    });
    const offer = await completeDescription(caller, undefined, 5_000, systemGround);
    const trimmed = trimToFit("offer", offer, never);
    const sizes = [offer, trimmed.sdp].map((sdp) => packetBytes({ kind: "offer", sdp }));
    assert.ok((sizes[1] ?? 0) < (sizes[0] ?? 0) && (sizes[1] ?? 0) < packetBytesMax, sizes.join(" to "));
    const answer = await completeDescription(answerer, trimmed.sdp, 5_000, systemGround);
    await caller.setRemoteDescription({ type: "answer", sdp: trimToFit("answer", answer, never).sdp });
    await opened(channel);
    const heard = nextMessage(await incoming);
    channel.send("still here");
    assert.equal(await heard, "still here");
    assert.equal(answerer.getReceivers()[0]?.track.kind, "video");
  });
});
