// SPDX-License-Identifier: MIT
/** The client's verdicts speak to whoever programs with it; these speak to whoever sits at the page. */
import type { Verdict, VerdictCode } from "@signalbox/client";
import type { CallPhase } from "../state.ts";

type Words = (
  name: string,
  detail: string | undefined,
) => { readonly sentence?: string; readonly fix?: string };

/** Ends that are nobody's failure. */
const plain: { readonly [code in VerdictCode]?: (name: string) => string } = {
  "hung-up-by-peer": (name) => `${name} hung up.`,
  "hung-up-here": () => "You hung up.",
  "rejected-by-peer": (name) => `${name} did not take the call.`,
  "answered-elsewhere": (name) => `The call was taken on another device of ${name}.`,
};

const back = "Call again when they are back.";

/** What is left out is said in the client's words. */
const failed: { readonly [code in VerdictCode]?: Words } = {
  "target-unknown": (name) => ({ sentence: `${name} is not in the room any more.`, fix: back }),
  "target-offline": (name) => ({
    sentence: `${name} lost the line to the server and did not come back in time.`,
    fix: back,
  }),
  "peer-left": (name) => ({ sentence: `${name} left before the call was answered.`, fix: back }),
  "never-answered": (name) => ({ sentence: `${name} did not answer.`, fix: "Try again later." }),
  "media-mismatch": (name) => ({
    sentence: `${name} can take no kind of media that was offered.`,
    fix: "What they can do stands beside their name.",
  }),
  "description-refused": (_name, detail) => ({
    sentence: "The two sides could not agree on how to call each other.",
    fix: detail === undefined ? "They may have no codec in common." : `The browser says: ${detail}`,
  }),
  "no-candidates-gathered": () => ({
    fix: "Check that it has a network, and that the browser may use it for calls.",
  }),
  "peer-without-candidates": (name) => ({
    sentence: `${name} gave no address to be reached at.`,
    fix: "Their network, or a setting of their browser, is in the way.",
  }),
  "turn-unusable": () => ({ fix: "Ask whoever runs this server to look at its TURN server." }),
  "ice-failed": () => ({
    fix: "A firewall or router is in between: try another network, or ask whoever runs this server for a TURN server.",
  }),
  "dtls-failed": (name) => ({
    fix: `Something in between altered the call, or somebody else answers for ${name}.`,
  }),
  "path-lost": () => ({ fix: "Check the network on both sides, and call again." }),
  "signaling-lost": () => ({
    sentence: "The line to the server broke before the call was agreed.",
    fix: "It is tried again by itself: call again once it is open.",
  }),
  "credential-refused": () => ({ fix: "Enter the room again." }),
  refused: (_name, detail) => ({
    ...(detail === undefined ? {} : { sentence: detail }),
    fix: "Try again in a moment.",
  }),
};

/** How a call that is over is drawn. */
export const overPhase = ({ code, sentence, fix, detail }: Verdict, name: string): CallPhase => {
  const end = plain[code];
  if (end !== undefined) return { is: "ended", sentence: end(name) };
  const own = failed[code]?.(name, detail) ?? {};
  return { is: "failed", verdict: { sentence: own.sentence ?? sentence, fix: own.fix ?? fix } };
};
