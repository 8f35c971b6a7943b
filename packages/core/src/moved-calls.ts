// SPDX-License-Identifier: MIT
/** The calls of a session on its way to another node: what the bridge knows of them, and what it holds. */
import type { Call, Leg } from "./bridge.ts";
import type { SessionId } from "./ids.ts";
import type { Millis } from "./ports.ts";
import type { Awaiter } from "./replay.ts";
import type { Sender } from "./vocabulary.ts";

/** Who sent what is held, and who waits to hear of it. */
export interface MovedTag {
  readonly awaiter: Awaiter | undefined;
  readonly from: Sender;
}

/** A call that survives JSON. Its times count from the moment it was packed: no two nodes have the same clock. */
export interface MovedCall {
  /** Room, peer and call id. */
  readonly key: string;
  readonly answeredBy?: SessionId;
  readonly legs: readonly (readonly [SessionId, Leg<MovedTag>])[];
}

const shifted = <Tag, Other>(leg: Leg<Tag>, by: Millis, as: (tag: Tag) => Other): Leg<Other> => {
  const later = (time: Millis | undefined) => (time === undefined ? undefined : time + by);
  const { held, candidates, ended, earlySince } = leg;
  return {
    ...leg,
    held:
      held === undefined
        ? undefined
        : {
            ...held,
            tags: held.tags.map(as),
            since: held.since + by,
            quietSince: later(held.quietSince),
          },
    candidates: candidates.map(({ candidate, tag }) => ({ candidate, tag: as(tag) })),
    ended: ended === undefined ? undefined : { tag: as(ended.tag) },
    earlySince: later(earlySince),
  };
};

export const packCall = (key: string, { legs, answeredBy }: Call<MovedTag>, now: Millis): MovedCall => ({
  key,
  ...(answeredBy === undefined ? {} : { answeredBy }),
  legs: [...legs].map(([session, leg]) => [
    session,
    shifted(leg, -now, ({ awaiter, from }) => ({ awaiter, from })),
  ]),
});

export const unpackCall = <Tag>(
  { legs, answeredBy }: MovedCall,
  now: Millis,
  as: (tag: MovedTag) => Tag,
): Call<Tag> => ({
  legs: new Map(legs.map(([session, leg]) => [session, shifted(leg, now, as)])),
  answeredBy,
});
