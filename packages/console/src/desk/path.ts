// SPDX-License-Identifier: MIT
/** The stages of a call as the client traced them, drawn as five pieces of one track. */
import { type Stage, type StageName, stageNames } from "../state.ts";

export interface Traced {
  readonly name: string;
  /** Milliseconds since the call was begun; negative for what stood before. */
  readonly ms: number;
}

/** `stopped`: it is over, or failed, before or after it was connected. */
export type Standing = "going" | "connected" | "stopped";

/** What shows that a piece is behind: the first of these that was traced. */
const marks: Readonly<Record<"out" | "in", Readonly<Record<StageName, readonly string[]>>>> = {
  out: {
    signaling: ["offer-sent"],
    offer: ["receipt", "delivered", "answer-received"],
    answer: ["answer-received"],
    checking: ["ice-connected", "dtls-connected"],
    connected: ["dtls-connected", "channel-open", "first-media"],
  },
  in: {
    signaling: ["offer-received"],
    offer: ["offer-received"],
    answer: ["answer-sent"],
    checking: ["ice-connected", "dtls-connected"],
    connected: ["dtls-connected", "channel-open", "first-media"],
  },
};

/**
 * What is behind a later piece is behind this one: browsers may see the first media before they say that ICE is connected,
 * and be connected before the answer's receipt is here.
 */
const inOrder = (stages: readonly { readonly name: StageName; readonly at: number | undefined }[]) =>
  stages.map(({ name, at }, index) => ({
    name,
    at: at === undefined ? undefined : Math.min(at, ...stages.slice(index).map((later) => later.at ?? at)),
  }));

export const pathOf = (
  traced: readonly Traced[],
  outgoing: boolean,
  standing: Standing,
): readonly Stage[] => {
  // Two calls that met in the middle go on as one: whichever side's marks reach further tell it.
  const [stages] = (outgoing ? (["out", "in"] as const) : (["in", "out"] as const))
    .map((side) =>
      inOrder(
        stageNames.map((name) => ({
          name,
          at: traced.find((stage) => marks[side][name].includes(stage.name))?.ms,
        })),
      ),
    )
    .sort(
      (a, b) => b.filter(({ at }) => at !== undefined).length - a.filter(({ at }) => at !== undefined).length,
    );
  const missing = stages?.findIndex(({ at }) => at === undefined) ?? 0;
  const reached =
    standing === "connected" ? stageNames.length : missing === -1 ? stageNames.length - 1 : missing;
  return (stages ?? []).map(({ name, at }, index): Stage => {
    if (index < reached) return { name, is: "done", ...(at === undefined ? {} : { ms: Math.max(0, at) }) };
    if (index > reached) return { name, is: "ahead" };
    return { name, is: standing === "stopped" ? "failed" : "now" };
  });
};

export const noPath: readonly Stage[] = stageNames.map((name, index) => ({
  name,
  is: index === 0 ? "now" : "ahead",
}));
