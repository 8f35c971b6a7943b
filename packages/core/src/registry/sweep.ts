// SPDX-License-Identifier: MIT
import type { RegistryGround } from "./ground.ts";
import { parsed } from "./ground.ts";
import { lingerMs } from "./knock.ts";
import { knockWrite } from "./knocks.ts";
import { isOver, type KnockRecord } from "./records.ts";
import { serverRemoval } from "./server-writes.ts";

/** Records one sweep looks at. The rest is for the next one. */
const batch = 500;

/**
 * Removes what is past its time: servers, knocks that were over, remembered requests. A knock nobody answered is
 * first told to be expired, and goes after whoever waits for it could read that.
 * @returns how many records were removed or changed
 */
export const sweep = async (ground: RegistryGround): Promise<number> => {
  const now = ground.wallNow();
  const due = await ground.store.expired(now, batch);
  let count = 0;
  for (const record of due) {
    const knock = record.kind === "knock" ? parsed<KnockRecord>(record).value : undefined;
    const write =
      knock !== undefined && !isOver(knock)
        ? knockWrite(
            { ...knock, state: "expired", generation: knock.generation + 1, expiresAt: now + lingerMs },
            record.version,
          )
        : record.kind === "server"
          ? serverRemoval(record)
          : { kind: record.kind, key: record.key, expects: record.version };
    const done = await ground.store.commit([write]);
    if (done !== undefined) count += 1;
  }
  return count;
};
