// SPDX-License-Identifier: MIT
/**
 * The camera and the microphone of this device. They are opened once and lent out as clones, so that two calls can
 * use them (phones refuse to open a camera twice), each can be muted for itself, and the light goes out with the
 * last one given back.
 */
import { hasCapture } from "./surroundings.ts";

export type CaptureKind = "audio" | "video";

/** A track to use, or a sentence on why there is none. */
export type Lent = { readonly track: MediaStreamTrack } | { readonly sentence: string };

export interface Capture {
  /** Asks for all kinds at once, so that the browser asks the person once. */
  readonly lend: (kinds: readonly CaptureKind[]) => Promise<ReadonlyMap<CaptureKind, Lent>>;
  readonly giveBack: (track: MediaStreamTrack) => void;
}

const things: Readonly<Record<CaptureKind, string>> = { audio: "microphone", video: "camera" };

const together = (kinds: readonly CaptureKind[]): string => kinds.map((kind) => things[kind]).join(" and ");

/** Why the browser gave nothing: names of W3C mediacapture-main, section 10.2. */
export const captureSentence = (name: string, kinds: readonly CaptureKind[]): string => {
  const what = together(kinds);
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return `This page may not use your ${what}: allow it beside the address of the page, then start it again.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${kinds.map((kind) => things[kind]).join(" or ")} was found on this device.`;
    case "NotReadableError":
    case "AbortError":
      return `Your ${what} could not be started: another program may be using it.`;
    default:
      return `Your ${what} could not be started (${name}).`;
  }
};

const constraints = (kinds: readonly CaptureKind[]): MediaStreamConstraints => ({
  audio: kinds.includes("audio"),
  video: kinds.includes("video")
    ? { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" }
    : false,
});

const errorName = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

export const createCapture = (): Capture => {
  const sources = new Map<CaptureKind, MediaStreamTrack>();
  const lent = new Map<MediaStreamTrack, CaptureKind>();
  /** One question to the person at a time. */
  let asking: Promise<void> = Promise.resolve();

  const open = async (kinds: readonly CaptureKind[]): Promise<ReadonlyMap<CaptureKind, string>> => {
    const why = new Map<CaptureKind, string>();
    if (kinds.length === 0) return why;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints(kinds));
      for (const track of stream.getTracks()) sources.set(track.kind === "audio" ? "audio" : "video", track);
    } catch (error) {
      const name = errorName(error);
      // One of the two may be missing or taken; a person who said no is not asked again.
      if (kinds.length === 1 || name === "NotAllowedError") {
        for (const kind of kinds) why.set(kind, captureSentence(name, kinds));
      } else {
        for (const kind of kinds)
          for (const [failed, sentence] of await open([kind])) why.set(failed, sentence);
      }
    }
    return why;
  };

  const lendNow = async (kinds: readonly CaptureKind[]): Promise<ReadonlyMap<CaptureKind, Lent>> => {
    const result = new Map<CaptureKind, Lent>();
    if (!hasCapture()) {
      const sentence = `This page has no access to a ${kinds.map((kind) => things[kind]).join(" or ")}.`;
      for (const kind of kinds) result.set(kind, { sentence });
      return result;
    }
    const why = await open(kinds.filter((kind) => sources.get(kind)?.readyState !== "live"));
    for (const kind of kinds) {
      const source = sources.get(kind);
      if (source === undefined || source.readyState !== "live") {
        result.set(kind, { sentence: why.get(kind) ?? captureSentence("NotReadableError", [kind]) });
        continue;
      }
      const track = source.clone();
      lent.set(track, kind);
      result.set(kind, { track });
    }
    return result;
  };

  return {
    lend(kinds) {
      const answer = asking.then(() => lendNow(kinds));
      asking = answer.then(
        () => undefined,
        () => undefined,
      );
      return answer;
    },
    giveBack(track) {
      track.stop();
      const kind = lent.get(track);
      lent.delete(track);
      if (kind === undefined || [...lent.values()].includes(kind)) return;
      sources.get(kind)?.stop();
      sources.delete(kind);
    },
  };
};
