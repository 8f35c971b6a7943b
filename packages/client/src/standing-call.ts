// SPDX-License-Identifier: MIT
/**
 * A call that stays up, as Flitter's `!webrtc` with `!websocket` keeps one: two-way video, made again whenever it ends,
 * begun anew when an attribute changes, black while there is nothing to send.
 */
import type { Call } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import { SignalboxError } from "./failure.ts";
import { onHangUp } from "./hang-up.ts";
import type { Room } from "./room.ts";
import type { SocketLike } from "./socket.ts";
import type { VerdictCode } from "./verdict.ts";

/** In the words of the node's `state=` attribute; where there is no connection (null there) it is `undefined`. */
export type StandingState = "new" | "connecting" | "connected" | "failed" | "closed";

/** The node's attributes. When one of them changes, everything begins anew. Where `url`, `room` or `id` is empty, nothing runs. */
export interface StandingAttributes {
  /** The server: `http:` means `ws:`, `https:` means `wss:`. */
  readonly url: string;
  /** Check the server's certificate? Default true. False needs a `WebSocket` that takes options, as that of `ws` does. */
  readonly verify?: boolean;
  readonly room: string;
  /** Under which this peer is called. */
  readonly id: string;
  /** Whom to call, as soon as it is in the room. Absent or empty: wait to be called. Who calls can be called too. */
  readonly call?: string;
}

/** A WebSocket that can be told more than the standard's: that of `ws`. */
export type OptionedSocket = new (url: string, protocol: string, options?: object) => SocketLike;

export interface StandingOptions
  extends StandingAttributes,
    Pick<ConnectOptions, "RTCPeerConnection" | "configuration" | "credential" | "chance"> {
  readonly WebSocket?: OptionedSocket;
  /** What is sent. Default: black. */
  readonly stream?: MediaStream;
  /** Makes the black stream. Default: a painted canvas; where there is none, video is only received. */
  readonly black?: () => MediaStream | undefined;
  readonly onState?: (state: StandingState | undefined) => void;
  readonly onTrack?: (track: MediaStreamTrack, streams: readonly MediaStream[]) => void;
  /** Told why a line or a call did not come about, or ended. It is tried again. */
  readonly onProblem?: (error: unknown) => void;
  readonly clock?: Clock;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

export interface StandingCall {
  readonly state: StandingState | undefined;
  readonly room: Room | undefined;
  /** The call that is under way. */
  readonly call: Call | undefined;
  /** Sends something else, or black, from now on. The call goes on. */
  show(stream: MediaStream | undefined): void;
  /** Takes other attributes: where any of them differs, the call is torn down and everything begins anew. */
  change(attributes: StandingAttributes): void;
  close(): void;
}

/** Pause after a failure. Milliseconds. As long as Flitter's own clients wait. */
const pauseMs = 5_000;
/** The same where the server said that it will not do better: a person has to mend something first. */
const lastingPauseMs = 60_000;

const ends: readonly VerdictCode[] = ["hung-up-by-peer", "hung-up-here", "peer-left", "rejected-by-peer"];

const isSame = (a: StandingAttributes, b: StandingAttributes): boolean =>
  a.url === b.url &&
  (a.verify ?? true) === (b.verify ?? true) &&
  a.room === b.room &&
  a.id === b.id &&
  (a.call ?? "") === (b.call ?? "");

/** Starts it. Throws where `verify: false` cannot be had here; whatever else goes wrong is told and tried again. */
export const standingCall = (options: StandingOptions): StandingCall => {
  const { clock = systemClock, onProblem = () => {} } = options;
  let attributes: StandingAttributes = options;
  let stream = options.stream;
  let black: MediaStream | undefined;
  let room: Room | undefined;
  let call: Call | undefined;
  let state: StandingState | undefined;
  let cancelPause = () => {};
  let round = new AbortController();
  let closed = false;

  const tell = (next: StandingState | undefined) => {
    if (next === state) return;
    state = next;
    options.onState?.(next);
  };
  const shown = (): MediaStream | undefined => {
    if (stream !== undefined) return stream;
    black ??= (options.black ?? paintedBlack(clock))();
    return black;
  };
  const media = () => {
    const sent = shown();
    return { ...(sent === undefined ? {} : { streams: [sent] }), receive: ["video"] as const };
  };
  const later = (ms: number, run: () => void) => {
    cancelPause();
    cancelPause = clock.after(ms, run);
  };

  const take = (next: Call, isRound: () => boolean) => {
    const old = call;
    call = next;
    old?.hangUp();
    let wasConnected = false;
    let unwatch = () => {};
    const follow = () => {
      if (call !== next) return;
      switch (next.state) {
        case "calling":
        case "ringing":
          return tell("new");
        case "connecting":
        case "interrupted":
          return tell("connecting");
        case "connected":
          wasConnected = true;
          // A peer that is no longer in the room cannot say that it ends the call.
          unwatch();
          unwatch = onHangUp(next.connection, next.hangUp, clock.after);
          return tell("connected");
        case "ended":
          return;
      }
    };
    next.on("state", follow);
    next.on("track", (track, streams) => {
      if (call === next) options.onTrack?.(track, streams);
    });
    next.on("ended", (why) => {
      unwatch();
      if (call !== next) return;
      call = undefined;
      if (!ends.includes(why.code)) onProblem(new SignalboxError({ ...why, retry: true }));
      tell(ends.includes(why.code) ? "closed" : "failed");
      if (!isRound()) return;
      tell("new");
      // A call that stood is made again at once; one that did not come about, after a pause.
      later(wasConnected ? 0 : pauseMs, callOut);
    });
    follow();
  };
  const callOut = () => {
    const { call: target } = attributes;
    if (room === undefined || call !== undefined || !target || !room.peers.has(target)) return;
    const { signal } = round;
    try {
      take(room.call(target, media()), () => !signal.aborted);
    } catch (error) {
      onProblem(error);
      later(pauseMs, callOut);
    }
  };
  const answer = (incoming: Call, isRound: () => boolean) => {
    // Who calls again while its call stands here has lost it there.
    if (call !== undefined && call.peer.id !== incoming.peer.id) return incoming.reject("busy");
    take(incoming, isRound);
    incoming.accept(media()).catch(() => {
      // Its end tells why.
    });
  };
  const enter = (entered: Room, { signal }: AbortController) => {
    room = entered;
    tell("new");
    entered.on("call", (incoming) => answer(incoming, () => !signal.aborted), { signal });
    entered.on(
      "peer-joined",
      ({ id }) => {
        // It is back, and the call with it is not: whatever it was, it has begun anew.
        if (call?.peer.id === id && call.state === "interrupted") call.hangUp();
        callOut();
      },
      { signal },
    );
    entered.on(
      "left",
      (_, error) => {
        onProblem(error);
        begin(pauseMs);
      },
      { signal },
    );
    callOut();
  };
  /** Everything anew, after a pause. */
  const begin = (afterMs: number) => {
    round.abort();
    cancelPause();
    const mine = new AbortController();
    round = mine;
    const leaving = room;
    room = undefined;
    const ending = call;
    call = undefined;
    ending?.hangUp();
    leaving?.session.close();
    tell(undefined);
    const { url, room: name, id } = attributes;
    if (closed || url === "" || name === "" || id === "") return;
    later(afterMs, () => join(mine));
  };
  const join = (mine: AbortController) => {
    const { url, room: name, id, verify = true } = attributes;
    const { RTCPeerConnection, configuration, credential, chance } = options;
    const WebSocket = verify ? options.WebSocket : unverified(options.WebSocket);
    connect({
      url,
      room: name,
      id,
      clock,
      signal: mine.signal,
      ...(WebSocket === undefined ? {} : { WebSocket }),
      ...(RTCPeerConnection === undefined ? {} : { RTCPeerConnection }),
      ...(configuration === undefined ? {} : { configuration }),
      ...(credential === undefined ? {} : { credential }),
      ...(chance === undefined ? {} : { chance }),
    }).then(
      (entered) => {
        if (mine.signal.aborted) entered.session.close();
        else enter(entered, mine);
      },
      (error: unknown) => {
        if (mine.signal.aborted) return;
        onProblem(error);
        begin(waitMs(error));
      },
    );
  };
  const close = () => {
    if (closed) return;
    closed = true;
    options.signal?.removeEventListener("abort", close);
    begin(0);
    stop(black);
  };

  if (attributes.verify === false) unverified(options.WebSocket);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", close);
  begin(0);
  return {
    get state() {
      return state;
    },
    get room() {
      return room;
    },
    get call() {
      return call;
    },
    show(next) {
      if (next === stream) return;
      stream = next;
      if (call !== undefined) replaceTracks(call, shown());
    },
    change(next) {
      if (closed || isSame(attributes, next)) return;
      if (next.verify === false) unverified(options.WebSocket);
      attributes = next;
      begin(0);
    },
    close,
  };
};

const waitMs = (error: unknown): number => {
  if (!(error instanceof SignalboxError)) return pauseMs;
  return Math.max(error.retry ? pauseMs : lastingPauseMs, error.retryAfterMs ?? 0);
};

/** A WebSocket that takes any certificate. Encrypted all the same, but nobody knows with whom. */
const unverified = (WebSocket: OptionedSocket | undefined): OptionedSocket => {
  if (WebSocket === undefined || WebSocket === globalThis.WebSocket) {
    throw new TypeError(
      "verify: false needs the WebSocket of `ws`; a browser decides by itself whom it trusts",
    );
  }
  return class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { rejectUnauthorized: false });
    }
  };
};

/** Each sender gets the new stream's track of its kind, or nothing; a kind that was not sent before is added. */
const replaceTracks = (call: Call, next: MediaStream | undefined): void => {
  const tracks = next?.getTracks() ?? [];
  const senders = call.connection
    .getTransceivers()
    .map(({ sender, receiver }) => ({ sender, kind: receiver.track.kind }));
  for (const { sender, kind } of senders) {
    const track = tracks.find((one) => one.kind === kind);
    // Refused only by a connection that has just ended.
    sender.replaceTrack(track ?? null).catch(() => {});
  }
  for (const track of tracks) {
    if (next !== undefined && !senders.some(({ kind }) => kind === track.kind)) call.addTrack(track, next);
  }
};

const stop = (stream: MediaStream | undefined): void => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};

/** Pictures a second: enough to keep a stream alive. */
const blackRate = 5;

/** Black from a canvas, where there is one. It is painted again and again, for a still canvas sends nothing. */
const paintedBlack = (clock: Clock) => (): MediaStream | undefined => {
  if (typeof document === "undefined") return undefined;
  const canvas = document.createElement("canvas");
  canvas.width = 320;
  canvas.height = 240;
  const context = canvas.getContext("2d");
  const stream = canvas.captureStream(blackRate);
  const paint = () => {
    if (stream.getTracks().every(({ readyState }) => readyState === "ended")) return;
    context?.fillRect(0, 0, canvas.width, canvas.height);
    clock.after(1_000 / blackRate, paint);
  };
  paint();
  return stream;
};
