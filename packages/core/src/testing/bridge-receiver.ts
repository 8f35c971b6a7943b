// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { type Bridged, bridge, type Call, newCall, ripen, ripensAt } from "../bridge.ts";
import type { CallId, SessionId } from "../ids.ts";
import type { MediaKind, Traits } from "../member.ts";
import type { Meaning } from "../signal.ts";
import { chromeAnswer, chromeOffer } from "./descriptions.ts";

type Crossing = Exclude<Meaning, { readonly kind: "opaque" }>;

export const call = "call" as CallId;
const all: readonly MediaKind[] = ["audio", "video", "application"];
export const traits = (takes: Traits["takes"], gives: Traits["gives"], media = all): Traits => ({
  takes,
  gives,
  media,
  messages: true,
});

export const offer = (sdp = chromeOffer): Crossing => ({ kind: "offer", call, sdp });
export const answer = (sdp = chromeAnswer): Crossing => ({ kind: "answer", call, sdp });
export const bye: Crossing = { kind: "bye", call };
export const end: Crossing = { kind: "end-of-candidates", call };
export const candidate = (number: number, usernameFragment = "m7Np"): Crossing => ({
  kind: "candidate",
  call,
  candidate: `candidate:${number} 1 udp 2113937151 192.0.2.${number} 5000 typ host`,
  sdpMid: "0",
  usernameFragment,
});

/** One call at one receiver, with a clock in hand. Tags are the names the signals are given. */
export const receiver = (
  takes: Traits["takes"],
  {
    gives = "trickle",
    heldMax = 64,
    media = all,
  }: { gives?: Traits["gives"]; heldMax?: number; media?: readonly MediaKind[] } = {},
) => {
  let now = 0;
  let state: Call<string> = newCall();
  let over = false;
  const told: Meaning[] = [];
  const passed: string[] = [];
  const stopped = new Map<string, string | undefined>();
  const take = (bridged: Bridged<string>) => {
    state = bridged.call;
    over = bridged.over;
    for (const one of bridged.passed) {
      told.push(one.meaning);
      passed.push([...one.tags].sort().join("+"));
    }
    for (const { tag, why } of bridged.stopped) {
      assert.equal(stopped.has(tag), false, `${tag} was stopped twice`);
      stopped.set(tag, why?.code);
    }
  };
  return {
    told,
    passed,
    stopped,
    get over() {
      return over;
    },
    get state() {
      return state;
    },
    get dueIn() {
      const due = ripensAt(state);
      return due === undefined ? undefined : due - now;
    },
    send(meaning: Crossing, tag: string, from = "ann", givesNow = gives) {
      take(
        bridge(state, {
          meaning,
          tag,
          from: { session: from as SessionId, protocol: "a", traits: traits("trickle", givesNow) },
          to: { protocol: "b", traits: traits(takes, "complete", media) },
          heldMax,
          now,
        }),
      );
    },
    advance(ms: number) {
      now += ms;
      take(ripen(state, now));
    },
  };
};
