// SPDX-License-Identifier: MIT
/** One call on the page: what the client tells of it, made into what people see. */
import type { Call, Verdict } from "@signalbox/client";
import type { Take } from "../actions.ts";
import type { CallPhase, CallState, MediaKind } from "../state.ts";
import type { Capture, CaptureKind } from "./capture.ts";
import { createOwnMedia } from "./own-media.ts";
import { noPath, pathOf } from "./path.ts";
import { chatLabel, createTalkLine, filesLabel, type TalkLine } from "./talk-line.ts";
import { followTheirs } from "./their-media.ts";
import { overPhase } from "./verdict-words.ts";

/** How often a call that is being set up is looked at again, for what has no event of its own. Milliseconds. */
const lookMs = 200;

export interface CallLine {
  readonly talk: TalkLine;
  /** Calls: borrows what it needs, then asks for the call. */
  readonly place: (begin: (media: Placed) => Call) => Promise<void>;
  /** Takes a call that came in. */
  readonly accept: (call: Call, take: Take) => Promise<void>;
  readonly toggleMic: () => void;
  readonly toggleCamera: () => void;
  readonly hangUp: (reason?: string) => void;
  readonly discard: () => void;
}

export interface Placed {
  readonly streams: readonly MediaStream[];
  readonly receive: readonly CaptureKind[];
  readonly channels: readonly string[];
}

interface CallLineParts {
  /** The call as it is drawn before anything happened. */
  readonly first: CallState;
  readonly capture: Capture;
  readonly show: (change: (call: CallState) => CallState) => void;
  /** Into the register. */
  readonly note: (text: string) => void;
}

const over = (phase: CallPhase): boolean => phase.is === "ended" || phase.is === "failed";

export const createCallLine = ({ first, capture, show, note }: CallLineParts): CallLine => {
  const { peer, wants } = first;
  const stop = new AbortController();
  const { signal } = stop;
  let call: Call | undefined;
  let phase: CallPhase = first.phase;

  const own = createOwnMedia(capture, (state) => show((known) => ({ ...known, ...state })));
  const talk = createTalkLine({
    show: (change) => show((known) => ({ ...known, ...change(known) })),
    arrived: (name) => note(`${name} arrived from ${peer.name}.`),
    openFiles: () => current().createDataChannel(filesLabel),
    messageBytes: () => call?.connection.sctp?.maxMessageSize,
  });

  const current = (): Call => {
    if (call === undefined) throw new Error("a call that has not begun has no connection");
    return call;
  };

  const turn = (next: CallPhase): void => {
    if (over(phase)) return;
    const before = phase.is;
    phase = next;
    show((known) => ({
      ...known,
      phase: next,
      ...(next.is === "connected" && known.since === undefined ? { since: Date.now() } : {}),
    }));
    if (before === next.is) return;
    if (next.is === "connected")
      note(before === "interrupted" ? `${peer.name} is back.` : `Connected to ${peer.name}.`);
    else if (next.is === "interrupted") note(`The call with ${peer.name} is interrupted.`);
    else if (next.is === "failed") note(`The call with ${peer.name} failed. ${next.verdict.sentence}`);
    else if (next.is === "ended") note(next.sentence);
  };

  const finish = (next: CallPhase): void => {
    turn(next);
    stop.abort();
    own.giveBack();
    show((known) => ({
      ...known,
      mic: "none",
      camera: "none",
      talkOpen: false,
      remoteVideo: false,
      remoteAudio: false,
    }));
  };

  const look = async (): Promise<void> => {
    if (call === undefined) return;
    const { stages, pair } = await call.why();
    const stood = stages.some(({ name }) => name === "dtls-connected");
    const standing =
      phase.is === "connected" || (phase.is === "ended" && stood)
        ? "connected"
        : over(phase)
          ? "stopped"
          : "going";
    const drawn = pathOf(stages, first.outgoing, standing);
    const relayed = pair !== undefined && (pair.local === "relay" || pair.remote === "relay");
    show((known) => ({
      ...known,
      stages: drawn,
      ...(pair === undefined ? {} : { path: relayed ? "relayed" : "direct" }),
    }));
  };

  const ended = (verdict: Verdict): void => finish(overPhase(verdict, peer.name));

  const follow = (begun: Call): void => {
    call = begun;
    const looking = setInterval(() => void look(), lookMs);
    signal.addEventListener("abort", () => clearInterval(looking));
    for (const label of [chatLabel, filesLabel]) {
      const channel = begun.channel(label);
      if (channel !== undefined) talk.attach(channel);
    }
    begun.on("channel", talk.attach, { signal });
    followTheirs(begun.connection, (state) => show((known) => ({ ...known, ...state })), signal);
    begun.on(
      "state",
      (state) => {
        if (state === "connected" || state === "interrupted") turn({ is: state });
        else if (state === "connecting") turn({ is: "connecting" });
        if (state === "connected") clearInterval(looking);
        void look();
      },
      { signal },
    );
    begun.on("ended", (verdict) => {
      ended(verdict);
      void look();
    });
    void look();
  };

  const kindsToSend = (take: Take): readonly CaptureKind[] => {
    const wanted: readonly CaptureKind[] =
      take === "nothing" ? [] : take === "audio" ? ["audio"] : ["audio", "video"];
    return wanted.filter((kind) => peer.media.includes(kind));
  };

  return {
    talk,
    async place(begin) {
      const kinds: readonly CaptureKind[] = wants === "media" ? kindsToSend("video") : [];
      if (kinds.length > 0) await own.borrow(kinds);
      if (over(phase)) return;
      turn({ is: "calling" });
      const channels = peer.media.includes("application") ? [chatLabel, filesLabel] : [];
      follow(begin({ streams: kinds.length > 0 ? [own.stream] : [], receive: kinds, channels }));
    },
    async accept(begun, take) {
      call = begun;
      begun.on("ended", ended, { signal });
      await own.borrow(kindsToSend(take));
      if (over(phase)) return;
      turn({ is: "connecting" });
      follow(begun);
      await begun.accept({ streams: [own.stream] }).catch(() => {
        // Told by `ended`, with its verdict.
      });
    },
    toggleMic: own.toggleMic,
    toggleCamera() {
      if (call === undefined || over(phase)) return;
      own
        .toggleCamera(call.connection, first.renegotiates, peer.media.includes("audio"))
        .catch((error: unknown) => {
          show((known) => ({
            ...known,
            note: `The camera could not be changed: ${error instanceof Error ? error.message : "unknown"}.`,
          }));
        });
    },
    hangUp(reason) {
      if (call !== undefined) call.hangUp(reason);
      if (!over(phase)) finish({ is: "ended", sentence: "You hung up." });
    },
    discard() {
      if (!over(phase)) call?.hangUp();
      talk.discard();
    },
  };
};

export const firstState = (
  given: Pick<CallState, "key" | "peer" | "outgoing" | "wants" | "renegotiates">,
): CallState => ({
  ...given,
  phase: { is: "preparing" },
  stages: noPath,
  mic: "none",
  camera: "none",
  remoteVideo: false,
  remoteAudio: false,
  note: undefined,
  talkOpen: false,
  said: [],
  files: [],
});

export const offersMedia = (kinds: readonly MediaKind[]): boolean =>
  kinds.includes("audio") || kinds.includes("video");
