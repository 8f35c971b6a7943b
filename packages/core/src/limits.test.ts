// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { defaultLimits, type LimitName, type LimitRow, limitTable, withLimits } from "./limits.ts";
import { refusals } from "./refusal.ts";
import { tableRows } from "./testing/doc-table.ts";

const page = readFileSync(new URL("../../../docs/limits.md", import.meta.url), "utf8");
const rows = Object.entries(limitTable) as readonly (readonly [LimitName, LimitRow])[];

const spelledTime = (ms: number): string => {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms > 60_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
};

const spelled = ({ value, unit }: LimitRow): string => {
  switch (unit) {
    case "bytes":
      return value % 1024 ** 2 === 0 ? `${value / 1024 ** 2} MiB` : `${value / 1024} KiB`;
    case "milliseconds":
      return spelledTime(value);
    case "per second":
      return `${value.toLocaleString("en")}/s`;
    case "count":
      return value.toLocaleString("en");
  }
};

const cells = (row: LimitRow): readonly string[] => [
  spelled(row),
  row.scope,
  typeof row.at === "string" ? `\`${row.at}\`` : row.at.instead,
  row.why,
];

describe("docs/limits.md", () => {
  const documented = tableRows(page, "The table");

  for (const [name, row] of rows) {
    test(`says of ${name} what the code says`, () => {
      const expected = cells(row);
      assert.deepEqual(
        documented.get(`\`${name}\``),
        expected,
        `the row should be\n| \`${name}\` | ${expected.join(" | ")} |`,
      );
    });
  }

  test("lists the bounds in the order of the code, and no others", () => {
    assert.deepEqual(
      [...documented.keys()],
      rows.map(([name]) => `\`${name}\``),
    );
  });
});

describe("the bounds", () => {
  test("are all positive whole numbers", () => {
    for (const [name, { value }] of rows) assert.ok(Number.isSafeInteger(value) && value > 0, name);
  });

  test("name refusals that exist", () => {
    for (const [name, { at }] of rows) assert.ok(typeof at !== "string" || Object.hasOwn(refusals, at), name);
  });

  test("are handed out as a whole, some replaced, never changed afterwards", () => {
    assert.equal(defaultLimits.graceMs, limitTable.graceMs.value);
    const limits = withLimits({ graceMs: 1 });
    assert.deepEqual({ ...limits, graceMs: defaultLimits.graceMs }, defaultLimits);
    assert.equal(limits.graceMs, 1);
    for (const given of [defaultLimits, limits])
      assert.throws(() => Object.assign(given, { graceMs: 2 }), TypeError);
  });

  // What one bound promises of another, as its reason says.
  const {
    frameBytes,
    sdpBytes,
    messageBytes,
    replayBytes,
    outboxBytes,
    servicesPerPeer,
    serviceBytes,
    rosterPage,
  } = defaultLimits;
  test("fit together: a description or message fits in a frame, a frame in the replay, the replay in the outbox", () => {
    assert.ok(sdpBytes < frameBytes && messageBytes < frameBytes);
    assert.ok(frameBytes <= replayBytes);
    assert.ok(replayBytes < outboxBytes, "else a resume would close its own line as too slow");
  });

  test("fit together: a full roster page of members with full services is kept for a resume", () => {
    assert.ok(rosterPage * serviceBytes < replayBytes);
    assert.ok(servicesPerPeer > 0);
  });

  test("fit together: a burst of 500 joins from one address passes", () => {
    assert.ok(defaultLimits.handshakeBurstPerAddress >= 500);
    assert.ok(defaultLimits.connectionsPerAddress >= 500);
    assert.ok(defaultLimits.frameBurstPerAddress >= 500);
    assert.ok(defaultLimits.roomMembers >= 500);
  });
});
