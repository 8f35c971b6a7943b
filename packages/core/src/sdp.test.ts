// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fold, hasCandidates, kinds, setup, type TrickledCandidate, ufrags } from "./sdp.ts";
import {
  chromeAnswer,
  chromeAnswerCandidates,
  chromeOffer,
  chromeOfferCandidates,
  completeOffer,
} from "./testing/descriptions.ts";

const sdp = (...lines: readonly string[]) => `${lines.join("\r\n")}\r\n`;
const host = (number: number) => `candidate:${number} 1 udp 2113937151 192.0.2.${number} 5000 typ host`;
const sectionsOf = (text: string) => text.split(/(?=^m=)/m);
const candidatesIn = (text: string) => text.split("\r\n").filter((line) => line.startsWith("a=candidate:"));

test("the kinds of a description are those of its sections, each once, in order", () => {
  assert.deepEqual(kinds(chromeOffer), ["audio", "video", "application"]);
  assert.deepEqual(kinds(completeOffer), ["video"]);
  assert.deepEqual(kinds(sdp("v=0", "m=video 9 X 1", "m=audio 9 X 1", "m=video 9 X 1")), ["video", "audio"]);
});

test("a rejected section is no kind of the description, a bundle-only one is", () => {
  assert.deepEqual(kinds(sdp("v=0", "m=audio 0 X 1", "a=mid:0", "m=video 9 X 1")), ["video"]);
  assert.deepEqual(kinds(sdp("v=0", "m=audio 0 X 1", "a=bundle-only", "m=video 9 X 1")), ["audio", "video"]);
});

test("kinds nobody negotiates over WebRTC are left out", () => {
  assert.deepEqual(kinds(sdp("v=0", "m=text 9 X 1", "m=image 9 X 1", "m=message 9 X 1", "m=audio 9 X 1")), [
    "audio",
  ]);
});

test("the user name fragments of a description are found in head and sections, each once", () => {
  assert.deepEqual(ufrags(chromeOffer), ["m7Np"]);
  assert.deepEqual(ufrags(completeOffer), ["hWn4"]);
  assert.deepEqual(
    ufrags(sdp("v=0", "a=ice-ufrag:one", "m=audio 9 X 1", "m=video 9 X 1", "a=ice-ufrag:two")),
    ["one", "two"],
  );
});

test("the DTLS role is the first one stated", () => {
  assert.equal(setup(chromeOffer), "actpass");
  assert.equal(setup(chromeAnswer), "active");
  assert.equal(setup(sdp("v=0", "a=setup:passive", "m=audio 9 X 1", "a=setup:active")), "passive");
  assert.equal(setup("v=0\r\n"), undefined);
});

test("a description has candidates only where a line of its own says so", () => {
  assert.equal(hasCandidates(chromeOffer), false);
  assert.equal(hasCandidates(completeOffer), true);
  assert.equal(hasCandidates("a=candidate:1 1 udp 1 192.0.2.1 9 typ host"), true);
  assert.equal(hasCandidates("v=0\r\ns=a=candidate:1\r\n"), false);
  assert.equal(hasCandidates("v=0\r\na=remote-candidates:1 192.0.2.1 9\r\n"), false);
});

test("what Chromium trickled for three unbundled sections is folded into the first section of the group only", () => {
  const folded = fold(chromeOffer, chromeOfferCandidates, true);
  const [head, audio, video, data] = sectionsOf(folded);
  assert.deepEqual(
    candidatesIn(audio ?? ""),
    chromeOfferCandidates.slice(0, 2).map((candidate) => `a=${candidate.candidate}`),
  );
  assert.ok(audio?.endsWith("network-cost 999\r\na=end-of-candidates\r\n"));
  assert.deepEqual(
    [head, video, data],
    [0, 2, 3].map((index) => sectionsOf(chromeOffer)[index]),
  );
});

test("what Chromium trickled after its answer is folded into the one bundled transport", () => {
  const folded = fold(chromeAnswer, chromeAnswerCandidates, true);
  assert.equal(candidatesIn(folded).length, 2);
  assert.equal(candidatesIn(sectionsOf(folded)[1] ?? "").length, 2);
});

test("the first section of the group may be another than the first of the description", () => {
  const plain = sdp("v=0", "a=group:BUNDLE b a", "m=audio 9 X 1", "a=mid:a", "m=video 9 X 1", "a=mid:b");
  const folded = fold(
    plain,
    [{ candidate: host(1), sdpMid: "a" }, { candidate: host(2), sdpMid: "b" }, { candidate: host(3) }],
    false,
  );
  const [, audio, video] = sectionsOf(folded);
  assert.deepEqual(candidatesIn(audio ?? ""), []);
  assert.deepEqual(candidatesIn(video ?? ""), [`a=${host(2)}`, `a=${host(3)}`]);
});

test("a section outside the group gets its own candidates", () => {
  const plain = sdp("v=0", "a=group:BUNDLE 0", "m=audio 9 X 1", "a=mid:0", "m=video 9 X 1", "a=mid:1");
  const [, audio, video] = sectionsOf(
    fold(
      plain,
      [
        { candidate: host(1), sdpMid: "0" },
        { candidate: host(2), sdpMid: "1" },
      ],
      true,
    ),
  );
  assert.ok(audio?.endsWith(`a=${host(1)}\r\na=end-of-candidates\r\n`));
  assert.ok(video?.endsWith(`a=${host(2)}\r\na=end-of-candidates\r\n`));
});

const places: readonly (readonly [string, Omit<TrickledCandidate, "candidate">, number | undefined])[] = [
  ["its mid", { sdpMid: "v" }, 2],
  ["its mid, even where the line index says otherwise", { sdpMid: "v", sdpMLineIndex: 0 }, 2],
  ["its line index where the mid is null", { sdpMid: null, sdpMLineIndex: 1 }, 2],
  ["its line index where the mid is empty", { sdpMid: "", sdpMLineIndex: 1 }, 2],
  ["the first section where it names none", {}, 1],
  ["the first section where both names are null", { sdpMid: null, sdpMLineIndex: null }, 1],
  ["no section where its mid is unknown", { sdpMid: "x", sdpMLineIndex: 0 }, undefined],
  ["no section where its line index is beyond the last", { sdpMLineIndex: 2 }, undefined],
];

for (const [what, names, expected] of places) {
  test(`a candidate belongs to ${what}`, () => {
    const plain = sdp("v=0", "m=audio 9 X 1", "a=mid:a", "m=video 9 X 1", "a=mid:v");
    const found = sectionsOf(fold(plain, [{ candidate: host(1), ...names }], false)).findIndex((part) =>
      part.includes(host(1)),
    );
    assert.equal(found === -1 ? undefined : found, expected);
  });
}

test("candidates of another ICE generation are dropped", () => {
  const given = [
    { candidate: host(1), usernameFragment: "m7Np" },
    { candidate: host(2), usernameFragment: "old1" },
    { candidate: host(3), usernameFragment: null },
    { candidate: host(4) },
  ];
  assert.deepEqual(
    candidatesIn(fold(chromeOffer, given, false)),
    [1, 3, 4].map((number) => `a=${host(number)}`),
  );
});

test("the ICE generation may be stated once for all sections", () => {
  const plain = sdp("v=0", "a=ice-ufrag:now", "m=audio 9 X 1", "a=mid:0");
  const given = [
    { candidate: host(1), usernameFragment: "now" },
    { candidate: host(2), usernameFragment: "old" },
  ];
  assert.deepEqual(candidatesIn(fold(plain, given, false)), [`a=${host(1)}`]);
});

test("a candidate that is already there, or comes twice, is written once", () => {
  const plain = sdp("v=0", "m=audio 9 X 1", `a=${host(1)}`);
  const folded = fold(plain, [{ candidate: host(1) }, { candidate: host(2) }, { candidate: host(2) }], false);
  assert.deepEqual(candidatesIn(folded), [`a=${host(1)}`, `a=${host(2)}`]);
});

test("a candidate with the `a=` of its attribute already before it gets no second one", () => {
  assert.deepEqual(candidatesIn(fold(sdp("v=0", "m=audio 9 X 1"), [{ candidate: `a=${host(1)}` }], false)), [
    `a=${host(1)}`,
  ]);
});

test("text that is no candidate is not folded in, and does not count as one", () => {
  for (const candidate of [
    "setup:passive",
    "a=ice-lite",
    "m=video 9 X 1",
    "\r\ncandidate:1",
    "Candidate:1",
  ]) {
    assert.equal(fold(chromeOffer, [{ candidate }], true), chromeOffer);
  }
});

test("a candidate cannot bring further lines into the description", () => {
  for (const eol of ["\r\n", "\n", "\r"]) {
    const folded = fold(
      chromeOffer,
      [{ candidate: `${host(1)}${eol}m=video 9 X 1${eol}a=setup:passive` }],
      true,
    );
    assert.equal(folded, fold(chromeOffer, [{ candidate: host(1) }], true));
  }
});

test("`a=end-of-candidates` is never written where there is no candidate", () => {
  assert.equal(fold(chromeOffer, [], true), chromeOffer);
  assert.equal(fold(chromeOffer, [{ candidate: host(1), usernameFragment: "old1" }], true), chromeOffer);
  assert.equal(fold(chromeOffer, [{ candidate: "" }], true), chromeOffer);
});

test("`a=end-of-candidates` is written where the description brought its candidates itself, and never twice", () => {
  assert.equal(fold(completeOffer, [], true), completeOffer);
  const open = completeOffer.replace("a=end-of-candidates\r\n", "");
  assert.equal(fold(open, [], true), `${open}a=end-of-candidates\r\n`);
  assert.equal(fold(open, [], false), open);
});

test("a description keeps its line ends", () => {
  const unix = "v=0\nm=audio 9 X 1\n";
  assert.equal(fold(unix, [{ candidate: host(1) }], true), `${unix}a=${host(1)}\na=end-of-candidates\n`);
});

test("text that is no description comes back unchanged", () => {
  for (const text of ["", "hello", "v=0", "\r\n\r\n", '{"m":1}', "M=audio", " m=audio 9"]) {
    assert.equal(fold(text, [{ candidate: host(1) }], true), text);
    assert.deepEqual(kinds(text), []);
    assert.deepEqual(ufrags(text), []);
    assert.equal(setup(text), undefined);
  }
});

const someLine = fc.oneof(
  fc.constantFrom(
    "v=0",
    "a=group:BUNDLE 0 1",
    "a=group:BUNDLE",
    "a=group:BUNDLE ",
    "m=audio 9 X 1",
    "m=video 0 X 1",
    "m=application",
    "m=",
    "a=mid:0",
    "a=mid:1",
    "a=mid:",
    "a=bundle-only",
    "a=ice-ufrag:u",
    "a=ice-ufrag:",
    "a=setup:active",
    "a=end-of-candidates",
    `a=${host(1)}`,
    "",
  ),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, " ")),
);
const someText = fc
  .tuple(fc.array(someLine, { maxLength: 12 }), fc.constantFrom("\r\n", "\n"))
  .map(([lines, eol]) => lines.join(eol));
const anyText = fc.oneof(
  someText,
  fc.string({ unit: "binary" }),
  fc.array(someLine).map((lines) => lines.join("\r")),
);
const someCandidate = fc.record(
  {
    candidate: fc.oneof(
      fc.constantFrom("", host(1), host(2), "a=candidate:3", "\r\nm=x"),
      fc.string({ unit: "binary" }),
    ),
    sdpMid: fc.option(fc.constantFrom("", "0", "1", "9")),
    sdpMLineIndex: fc.option(fc.oneof(fc.integer({ min: -1, max: 3 }), fc.double())),
    usernameFragment: fc.option(fc.constantFrom("u", "v", "")),
  },
  { requiredKeys: ["candidate"] },
);

test("every function is total: any text, any candidates", () => {
  fc.assert(
    fc.property(
      anyText,
      fc.array(someCandidate, { maxLength: 6 }),
      fc.boolean(),
      (text, candidates, ended) => {
        kinds(text);
        ufrags(text);
        setup(text);
        hasCandidates(text);
        fold(text, candidates, ended);
      },
    ),
    { numRuns: 500 },
  );
});

test("folding takes no line away, adds only candidate lines, and a second fold adds nothing", () => {
  fc.assert(
    fc.property(
      someText,
      fc.array(someCandidate, { maxLength: 6 }),
      fc.boolean(),
      (text, candidates, ended) => {
        const eol = text.includes("\r\n") ? "\r\n" : "\n";
        const folded = fold(text, candidates, ended);
        const before = text.split(eol);
        if (before.at(-1) === "") before.pop();
        let next = 0;
        for (const line of folded.split(eol)) {
          if (line === before[next]) next += 1;
          else
            assert.ok(
              line === "" || /^a=(candidate:|end-of-candidates$)/.test(line),
              `added ${JSON.stringify(line)}`,
            );
        }
        assert.equal(next, before.length, "every line is still there, in order");
        assert.equal(fold(folded, candidates, ended), folded);
      },
    ),
    { numRuns: 500 },
  );
});

test("a folded section that says its candidates ended has some", () => {
  fc.assert(
    fc.property(someText, fc.array(someCandidate, { maxLength: 6 }), (text, candidates) => {
      if (text.includes("a=end-of-candidates")) return;
      for (const section of sectionsOf(fold(text, candidates, true)).slice(1)) {
        if (section.includes("a=end-of-candidates")) assert.match(section, /^a=candidate:/m);
      }
    }),
  );
});
