// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { PeerNetService } from "@signalbox/peernet/schema";
import type { StartBox } from "./bench.ts";
import { everything, type Told } from "./everything.ts";
import { secureBox } from "./secure.ts";
import { plainWires, secureWires } from "./wires.ts";

export const wiresSuite = (startBox: StartBox): void => {
  /** Each wire on a server of its own, so that all of them tell the same story. */
  const story = async (t: TestContext, secure: boolean, index: number): Promise<readonly Told[]> => {
    const place = secure ? await secureBox(startBox, t) : await startBox(t);
    const wire = (secure ? secureWires : plainWires)(place)[index];
    assert.ok(wire);
    t.after(() => wire.close());
    return everything(wire);
  };

  describe("every method, with equal results,", () => {
    let expected: readonly Told[] | undefined;
    const nowhere = { url: "http://127.0.0.1:1", port: 1 };
    const names = (wires: typeof plainWires) =>
      wires(nowhere).map((wire) => {
        wire.close();
        return wire.name;
      });
    for (const [secure, list] of [
      [false, names(plainWires)],
      [true, names(secureWires)],
    ] as const) {
      for (const [index, name] of list.entries()) {
        test(`over ${name}`, async (t) => {
          const told = await story(t, secure, index);
          expected ??= await story(t, false, 0);
          assert.deepEqual(told, expected);
          const used = new Set(told.map(({ method }) => method));
          assert.deepEqual(
            PeerNetService.methods.map(({ localName }) => localName).filter((method) => !used.has(method)),
            [],
          );
        });
      }
    }
  });
};
