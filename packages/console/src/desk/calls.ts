// SPDX-License-Identifier: MIT
/** The calls of the page: those that stand, those that are over and still shown, those that ring. */
import type { Call, Room } from "@signalbox/client";
import type { Actions } from "../actions.ts";
import { type CallState, type Peer, ringingNow, type State } from "../state.ts";
import type { Store } from "../store.ts";
import { createAwake } from "./awake.ts";
import { createBell } from "./bell.ts";
import { type CallLine, createCallLine, firstState, offersMedia } from "./call-line.ts";
import { createCapture } from "./capture.ts";
import { peerOf, unlisted } from "./people.ts";

/** Calls that are over and still shown; the oldest go first. */
const overMax = 20;

const isOver = ({ phase }: CallState): boolean => phase.is === "ended" || phase.is === "failed";

export interface CallsParts {
  readonly store: Store<State>;
  /** Where calls are placed, while there is one. */
  readonly room: () => Room | undefined;
  readonly note: (text: string) => void;
  readonly noteError: (error: unknown) => void;
  readonly nextKey: () => string;
}

export type CallActions = Omit<Actions, "enter" | "leave" | "retry" | "rename">;

export interface Calls {
  readonly actions: CallActions;
  /** A call has come in. */
  readonly ring: (call: Call) => void;
  /** Hangs up and forgets everything. */
  readonly clear: () => void;
}

export const createCalls = ({ store, room, note, noteError, nextKey }: CallsParts): Calls => {
  const capture = createCapture();
  const lines = new Map<string, CallLine>();
  const waiting = new Map<string, Call>();
  const bell = createBell();
  const awake = createAwake();
  store.watch(() => {
    const state = store.get();
    bell.ring(ringingNow(state).length > 0);
    awake(state.calls.some((call) => !isOver(call) && (call.camera === "on" || call.remoteVideo)));
  });

  const changeCall = (key: string, how: (call: CallState) => CallState): void =>
    store.set((state) => ({
      ...state,
      calls: state.calls.map((call) => (call.key === key ? how(call) : call)),
    }));

  const close = (key: string): void => {
    lines.get(key)?.discard();
    lines.delete(key);
    store.set((state) => ({ ...state, calls: state.calls.filter((call) => call.key !== key) }));
  };

  /** A call to or from the same peer takes the place of one that is over and left nothing behind. */
  const add = (call: CallState): void => {
    for (const [index, old] of store.get().calls.filter(isOver).entries()) {
      const empty = old.said.length === 0 && old.files.length === 0;
      if (index >= overMax || (empty && old.peer.id === call.peer.id)) close(old.key);
    }
    store.set((state) => ({ ...state, calls: [call, ...state.calls] }));
  };

  const newCall = (peer: Peer, outgoing: boolean, wants: CallState["wants"]): CallState =>
    firstState({
      key: nextKey(),
      peer,
      outgoing,
      wants,
      renegotiates: peer.protocol === room()?.self.protocol,
    });

  const openLine = (peer: Peer, outgoing: boolean, wants: CallState["wants"]): CallLine => {
    const first = newCall(peer, outgoing, wants);
    add(first);
    const line = createCallLine({
      first,
      capture,
      show: (how) => changeCall(first.key, how),
      note,
    });
    lines.set(first.key, line);
    return line;
  };

  const busyWith = (peer: string): boolean =>
    store.get().calls.some((call) => call.peer.id === peer && !isOver(call));

  const place = (id: string, wants: CallState["wants"]): void => {
    const here = room();
    if (here === undefined || busyWith(id)) return;
    const target = here.peers.get(id);
    const peer = target === undefined ? unlisted(id) : peerOf(target);
    note(wants === "media" ? `Calling ${peer.name}.` : `Opening a chat with ${peer.name}.`);
    openLine(peer, true, wants)
      .place((media) => here.call(target ?? id, media))
      .catch(noteError);
  };

  const stopRinging = (key: string): Call | undefined => {
    const call = waiting.get(key);
    waiting.delete(key);
    store.set((state) => ({ ...state, ringing: state.ringing.filter((ringing) => ringing.key !== key) }));
    return call;
  };

  const ring = (call: Call): void => {
    const key = nextKey();
    const peer = peerOf(call.peer);
    waiting.set(key, call);
    store.set((state) => ({ ...state, ringing: [...state.ringing, { key, peer, offers: call.offers }] }));
    note(`${peer.name} is calling.`);
    // Taken by a call of our own that crossed it, or given up by the caller.
    call.on("state", (state) => {
      if (state === "ringing" || stopRinging(key) === undefined || state !== "ended") return;
      note(`${peer.name} stopped calling.`);
      const missed = newCall(peer, false, offersMedia(call.offers) ? "media" : "talk");
      add({
        ...missed,
        phase: { is: "ended", sentence: `You missed a call from ${peer.name}.` },
        stages: [],
      });
    });
  };

  const actions: CallActions = {
    call: place,
    accept(key, take) {
      const call = stopRinging(key);
      if (call === undefined) return;
      const line = openLine(peerOf(call.peer), false, offersMedia(call.offers) ? "media" : "talk");
      line.accept(call, take).catch(noteError);
    },
    decline: (key) => stopRinging(key)?.reject("declined"),
    hangUp: (key) => lines.get(key)?.hangUp(),
    close,
    callAgain(key) {
      const call = store.get().calls.find((known) => known.key === key);
      if (call !== undefined) place(call.peer.id, call.wants);
    },
    toggleMic: (key) => lines.get(key)?.toggleMic(),
    toggleCamera: (key) => lines.get(key)?.toggleCamera(),
    say: (key, text) => lines.get(key)?.talk.say(text),
    send: (key, files) => lines.get(key)?.talk.send(files),
    take: (key, file) => lines.get(key)?.talk.take(file),
    stop: (key, file) => lines.get(key)?.talk.stop(file),
  };

  return {
    actions,
    ring,
    clear() {
      for (const line of lines.values()) {
        line.hangUp();
        line.discard();
      }
      lines.clear();
      waiting.clear();
      store.set((state) => ({ ...state, calls: [], ringing: [] }));
    },
  };
};
