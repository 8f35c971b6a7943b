// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { readTarget } from "./target.ts";

const table = [
  ["/", "", { path: "/", query: "" }],
  ["/websocket/?finger=a%20b", "", { path: "/websocket/", query: "finger=a%20b" }],
  ["/a%20b?", "", { path: "/a b", query: "" }],
  ["/base", "/base", { path: "/", query: "" }],
  ["/base/", "/base", { path: "/", query: "" }],
  ["/base/x?y", "/base", { path: "/x", query: "y" }],
  ["/basement", "/base", undefined],
  ["/", "/base", undefined],
  ["/%c3%28", "", undefined],
  ["/%", "", undefined],
  ["http://host.example:80/x?y=1", "", { path: "/x", query: "y=1" }],
  ["http://host.example?y=1", "", { path: "/", query: "y=1" }],
  ["*", "", undefined],
  ["", "", undefined],
] as const;
for (const [target, basePath, expected] of table) {
  test(`target ${JSON.stringify(target)} below ${JSON.stringify(basePath)}`, () => {
    assert.deepEqual(readTarget(target, basePath), expected);
  });
}
