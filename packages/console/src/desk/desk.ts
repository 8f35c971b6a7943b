// SPDX-License-Identifier: MIT
/** The desk of the page: the one place that talks to the client and writes the state the views draw. */
import { type Peer as ClientPeer, connect, type Room, SignalboxError } from "@signalbox/client";
import type { Actions } from "../actions.ts";
import { alternative, firstRoom, tidy } from "../names.ts";
import type { Line, State } from "../state.ts";
import { createStore, type Store } from "../store.ts";
import { createCalls } from "./calls.ts";
import { peerOf } from "./people.ts";
import { recall, recallStay, remember, rememberStay } from "./remember.ts";
import { roomOfAddress, showRoomInAddress, signalingUrl } from "./surroundings.ts";
import { warmUp } from "./warm-up.ts";

/** Lines of the register kept. */
const registerMax = 60;
/** Names tried when the wished one is taken: "Ann" to "Ann-20". */
const namesMax = 20;

/** Where the client speaks to whoever programs with it, the page speaks to whoever sits at it. */
const ownSentences: ReadonlyMap<string, string> = new Map([
  ["server-unreachable", "The server cannot be reached. It may be down, or the network is."],
  ["no-welcome", "The server was reached, but did not answer in time. Try again in a moment."],
  ["unauthorized", "The password was not accepted."],
]);

const sentenceOf = (error: unknown): string =>
  (error instanceof SignalboxError ? ownSentences.get(error.code) : undefined) ??
  (error instanceof Error ? error.message : "Something unexpected happened.");

export const createDesk = (): { readonly store: Store<State>; readonly actions: Actions } => {
  let room: Room | undefined;
  /** Grows with each attempt to enter: what belongs to an earlier one is not heard any more. */
  let stay = 0;
  /** What opened the door of a server that asks for a password: for coming in again, in this page only. */
  let password: string | undefined;
  let count = 0;
  const nextKey = (): string => `${++count}`;

  const store = createStore<State>({
    inside: false,
    door: {
      room: roomOfAddress() ?? recall("room") ?? firstRoom,
      name: recall("name") ?? "",
      opening: false,
      asksSecret: false,
    },
    room: "",
    self: { id: "", name: "" },
    line: { is: "opening" },
    peers: [],
    calls: [],
    ringing: [],
    register: [],
  });
  const change = (part: Partial<State>): void => store.set((state) => ({ ...state, ...part }));

  const note = (text: string): void =>
    store.set((state) => ({
      ...state,
      register: [...state.register, { key: ++count, at: Date.now(), text }].slice(-registerMax),
    }));

  const noteError = (error: unknown): void => note(sentenceOf(error));

  const showPeers = (): void =>
    change({ peers: [...(room?.peers.values() ?? [])].sort((a, b) => a.order - b.order).map(peerOf) });

  const calls = createCalls({ store, room: () => room, note, noteError, nextKey });

  const lineOf = (): Line => {
    if (room === undefined || room.state === "closed") return store.get().line;
    return { is: room.state === "open" ? "open" : "lost" };
  };

  const follow = (entered: Room): void => {
    const here = ++stay;
    const stop = new AbortController();
    const { signal } = stop;
    room = entered;
    const { displayName, id } = entered.self;
    change({
      inside: true,
      room: entered.name,
      self: { id, name: displayName ?? id },
      line: { is: "open" },
      door: { ...store.get().door, opening: false },
    });
    showPeers();
    void warmUp();
    const named = (peer: ClientPeer): string => peerOf(peer).name;
    entered.on(
      "peer-joined",
      (peer) => {
        showPeers();
        note(`${named(peer)} came in.`);
      },
      { signal },
    );
    entered.on(
      "peer-left",
      (peer) => {
        showPeers();
        note(`${named(peer)} left.`);
      },
      { signal },
    );
    entered.on("peer-changed", () => showPeers(), { signal });
    entered.on("refused", (error) => note(error.message), { signal });
    entered.on("call", calls.ring, { signal });
    entered.on(
      "state",
      (state) => {
        change({ line: lineOf(), self: { ...store.get().self, id: entered.self.id } });
        if (state === "away") note("The server cannot be reached; trying again.");
        if (state === "open") note("The server is there again.");
      },
      { signal },
    );
    entered.on("left", (_reason, error) => {
      stop.abort();
      if (here !== stay) return;
      room = undefined;
      const sentence = error === undefined ? "You were put out of the room." : sentenceOf(error);
      change({ line: { is: "closed", sentence }, peers: [] });
      note(sentence);
    });
  };

  const enter = async (typedRoom: string, typedName: string, secret?: string): Promise<void> => {
    const [name, wished] = [tidy(typedRoom) || firstRoom, tidy(typedName)];
    const here = ++stay;
    store.set((state) => ({
      ...state,
      door: { room: name, name: wished, opening: true, asksSecret: state.door.asksSecret },
    }));
    for (let attempt = 0; attempt < namesMax; attempt += 1) {
      const id = attempt === 0 ? wished : alternative(wished, attempt);
      try {
        const entered = await connect({
          url: signalingUrl(),
          room: name,
          ...(wished === "" ? {} : { id, displayName: wished }),
          ...(secret === undefined ? {} : { credential: secret }),
        });
        if (here !== stay) return entered.session.close();
        password = secret;
        remember("room", name);
        if (wished !== "") remember("name", wished);
        rememberStay(name);
        showRoomInAddress(name);
        return follow(entered);
      } catch (error) {
        const code = error instanceof SignalboxError ? error.code : "";
        if (code === "id-taken" && wished !== "" && attempt < namesMax - 1) continue;
        if (here !== stay) return;
        const asksSecret = code === "unauthorized" || store.get().door.asksSecret;
        const refusal =
          code === "unauthorized" && secret === undefined
            ? "This server asks for a password."
            : sentenceOf(error);
        return change({
          inside: false,
          door: { room: name, name: wished, opening: false, asksSecret, refusal },
        });
      }
    }
  };

  const leave = (): void => {
    stay += 1;
    calls.clear();
    room?.session.close();
    room = undefined;
    rememberStay(undefined);
    showRoomInAddress(undefined);
    const { room: last, self, door } = store.get();
    change({
      inside: false,
      peers: [],
      register: [],
      door: { room: last, name: self.name, opening: false, asksSecret: door.asksSecret },
    });
  };

  const actions: Actions = {
    ...calls.actions,
    enter: (name, wished, secret) => void enter(name, wished, secret),
    leave,
    retry() {
      const { room: last, self } = store.get();
      change({ line: { is: "opening" } });
      void enter(last, self.name, password);
    },
    rename(typed) {
      const name = tidy(typed);
      if (name === "" || room === undefined) return;
      room.update({ displayName: name }).then(() => {
        remember("name", name);
        change({ self: { ...store.get().self, name } });
      }, noteError);
    },
  };

  // A reload comes back to where it was.
  const last = recallStay();
  if (last !== undefined && last === roomOfAddress()) actions.enter(last, store.get().door.name);
  return { store, actions };
};
