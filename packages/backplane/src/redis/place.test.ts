// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRedisUrl, shownPlace } from "./place.ts";

describe("the address of a Redis", () => {
  test("has defaults", () => {
    assert.deepEqual(parseRedisUrl("redis://redis.example"), {
      host: "redis.example",
      port: 6379,
      others: [],
      tls: false,
      database: 0,
      prefix: "signalbox:",
    });
  });

  test("says everything, and shows neither user nor password", () => {
    const place = parseRedisUrl(
      "rediss://ann:p%40ss@[fd00::1]:7000,b.example,c.example:7002/3?prefix=box-2:",
    );
    assert.deepEqual(place, {
      host: "fd00::1",
      port: 7000,
      others: [
        { host: "b.example", port: 6379 },
        { host: "c.example", port: 7002 },
      ],
      tls: true,
      username: "ann",
      password: "p@ss",
      database: 3,
      prefix: "box-2:",
    });
    assert.equal(place && shownPlace(place), "[fd00::1]:7000, b.example:6379, c.example:7002");
  });

  test("is none with an empty address in it, too many of them, or anything else that is not understood", () => {
    for (const text of [
      "redis://",
      "redis://a,",
      "redis://,b",
      "redis://a,b:x",
      "redis://a,b c",
      `redis://${Array.from({ length: 17 }, (_, at) => `h${at}`).join()}`,
      "redis://a/x",
      "redis://a?prefix={a}",
      "redis://a?other=1",
      "redis://a#b",
      "redis://:%E0%A4%A@a",
      "http://a",
      "a:6379",
    ])
      assert.equal(parseRedisUrl(text), undefined, text);
  });
});
