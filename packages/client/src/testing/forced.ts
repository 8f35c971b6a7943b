// SPDX-License-Identifier: MIT
/** Verdicts that were seen on a call, so that at the end none is left that no test forced. */
import assert from "node:assert/strict";
import type { Call } from "../call.ts";
import { CallError, type VerdictCode, verdicts } from "../verdict.ts";
import { next } from "./events.ts";

const forced = new Set<VerdictCode>();

/** The call says this now; an ended one says it in every way there is. */
export const says = async (call: Call, code: VerdictCode) => {
  assert.equal(call.verdict.code, code);
  const why = await call.why();
  assert.equal(why.verdict.code, code);
  assert.equal(why.verdict.sentence, verdicts[code].sentence);
  if (call.state === "ended") {
    const { name, detail } = why.stages.at(-1) ?? {};
    assert.deepEqual([name, detail], ["ended", code]);
    if (why.stages.every(({ name }) => name !== "dtls-connected")) {
      await assert.rejects(
        call.opened(),
        (error) => error instanceof CallError && error.verdict.code === code,
      );
    }
  }
  forced.add(code);
};

export const ended = async (call: Call, code: VerdictCode) => {
  if (call.state !== "ended") await next(call, "ended");
  await says(call, code);
};

export const neverForced = (): readonly string[] => {
  const seen: ReadonlySet<string> = forced;
  return Object.keys(verdicts).filter((code) => !seen.has(code));
};
