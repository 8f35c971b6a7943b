// SPDX-License-Identifier: MIT
import { isRefusal } from "@signalbox/core";
import {
  type Abort,
  type Asker,
  getKnock,
  isOver,
  type KnockRecord,
  type RegistryGround,
} from "@signalbox/core/registry";
import { reached } from "./reached.ts";

/**
 * Tells each change of a knock, from the state it is handed on, until nothing can come any more, its time is over, or
 * `abort`. `changed` says whether it wants to hear more.
 */
export const follow = async (
  ground: RegistryGround,
  from: KnockRecord,
  asker: Asker,
  abort: Abort,
  changed: (knock: KnockRecord) => boolean,
): Promise<void> => {
  let knock = from;
  while (!abort.aborted && (!isOver(knock) || knock.state === "answered")) {
    const { generation, expiresAt } = knock;
    const next = await reached(ground, abort, expiresAt, () =>
      getKnock(ground, from, asker, ground.limits.waitMaxMs, generation, abort),
    );
    if (abort.aborted || isRefusal(next)) return;
    if (next.generation > knock.generation && !changed(next)) return;
    knock = next;
  }
};
