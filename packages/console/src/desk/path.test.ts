// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathOf, type Traced } from "./path.ts";

const traced = (...names: readonly string[]): readonly Traced[] =>
  names.map((name, index) => ({ name, ms: index * 10 }));
const drawn = (...given: Parameters<typeof pathOf>): string =>
  pathOf(...given)
    .map(({ name, is, ms }) => `${name}:${is}${ms === undefined ? "" : `@${ms}`}`)
    .join(" ");

test("a call that rings is behind its offer and waits for the answer", () => {
  assert.equal(
    drawn(traced("line-open", "offer-sent", "receipt"), true, "going"),
    "signaling:done@10 offer:done@20 answer:now checking:ahead connected:ahead",
  );
});

test("a call that found no path stopped at checking", () => {
  assert.equal(
    drawn(traced("offer-received", "accepted", "answer-sent", "checking", "ended"), false, "stopped"),
    "signaling:done@0 offer:done@0 answer:done@20 checking:failed connected:ahead",
  );
});

test("a connected call has all behind it, also where the stack tells no times", () => {
  assert.equal(
    drawn(traced("offer-sent", "receipt", "answer-received"), true, "connected"),
    "signaling:done@0 offer:done@10 answer:done@20 checking:done connected:done",
  );
});

test("a call whose server cannot be reached stopped at signaling", () => {
  assert.equal(
    drawn([], true, "stopped"),
    "signaling:failed offer:ahead answer:ahead checking:ahead connected:ahead",
  );
});

test("a call that lost its path stopped where it had been connected", () => {
  assert.equal(
    drawn(
      traced("offer-sent", "receipt", "answer-received", "ice-connected", "dtls-connected", "interrupted"),
      true,
      "stopped",
    ),
    "signaling:done@0 offer:done@10 answer:done@20 checking:done@30 connected:failed",
  );
});

test("of two calls that met in the middle the one that reached further is drawn", () => {
  assert.equal(
    drawn(
      traced("offer-sent", "offer-received", "answer-sent", "ice-connected", "dtls-connected"),
      true,
      "connected",
    ),
    "signaling:done@10 offer:done@10 answer:done@20 checking:done@30 connected:done@40",
  );
});

test("no piece has a later time than the next: media may be seen before ICE is said to be connected", () => {
  assert.equal(
    drawn(
      traced("offer-sent", "receipt", "answer-received", "first-media", "ice-connected", "dtls-connected"),
      true,
      "connected",
    ),
    "signaling:done@0 offer:done@10 answer:done@20 checking:done@30 connected:done@30",
  );
});

test("no piece has a later time than the next: an answer may be taken before its receipt is here", () => {
  assert.equal(
    drawn(traced("offer-received", "ice-connected", "answer-sent", "dtls-connected"), false, "connected"),
    "signaling:done@0 offer:done@0 answer:done@10 checking:done@10 connected:done@30",
  );
});
