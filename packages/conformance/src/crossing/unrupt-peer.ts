// SPDX-License-Identifier: MIT
/**
 * A page that behaves as Unrupt's does (unrupt.js, May 2020): who opens the link offers, offers are repeated until
 * answered, candidates wait until the signaling state is stable and then go out last in first out, without a mid.
 * Held to recordings of the original by `faithful.test.ts`.
 */
import type { Cancel, Clock } from "@signalbox/core";
import type { Wire } from "./wire.ts";

/** What the page asks of its RTCPeerConnection. */
export interface TricklingEndpoint {
  readonly stable: boolean;
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  finish(answer: string): Promise<void>;
  /** A candidate of the first section. */
  take(candidate: string): Promise<void>;
  whenCandidate(run: (candidate: string) => void): void;
  whenStable(run: () => void): void;
  close(): void;
}

export interface UnruptParts<Endpoint extends TricklingEndpoint> {
  readonly id: string;
  readonly wire: Wire;
  readonly endpoint: () => Endpoint;
  readonly clock: Clock;
}

export interface UnruptPage<Endpoint> {
  /** The inviter presses "Done": from now on offers are taken. */
  share(): Endpoint;
  /** The invitee, who opened the link of `inviter`, accepts the call. */
  accept(inviter: string): Endpoint;
  /** The button that travels over the relay during a call. */
  toggle(): void;
  /** Boxes that would stand in the user's way: each is a frame that never should have come. */
  readonly alerts: readonly string[];
  /** What its script only logs: descriptions and candidates that its stack refused. */
  readonly logged: readonly string[];
  /** Types of all frames that came, oldest first. */
  readonly heard: readonly string[];
  readonly toggles: number;
  /** Types of all frames it sent, oldest first. */
  readonly said: readonly string[];
  /** Settles when a frame of this type has come, the given number of times. */
  hears(type: string, times?: number): Promise<void>;
  /** Settles when a frame of this type was sent, the given number of times. */
  says(type: string, times?: number): Promise<void>;
  /** The tab is closed. */
  stop(): void;
}

const repeatMs = 10_000;
const repeats = 5;

interface Frame {
  readonly to?: unknown;
  readonly from?: unknown;
  readonly type?: unknown;
  readonly sdp?: unknown;
  readonly session?: unknown;
}

type Kind = "offer" | "answer" | "candidate" | "cheatUnruptToggle";

export const unruptPage = <Endpoint extends TricklingEndpoint>(
  parts: UnruptParts<Endpoint>,
): UnruptPage<Endpoint> => {
  const { id, wire, clock } = parts;
  const alerts: string[] = [];
  const logged: string[] = [];
  const heard: string[] = [];
  const said: string[] = [];
  const watchers = new Set<() => void>();
  const stash: string[] = [];
  let endpoint: Endpoint | undefined;
  let other: unknown;
  let session: unknown;
  let toggles = 0;
  let stopRepeating: Cancel = () => {};

  const log = (what: string) => (error: unknown) => {
    logged.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  };

  /** Members that are undefined are left out, as the page leaves them out. */
  const write = (type: Kind, sdp: string | true, retry: number) => {
    wire.send(JSON.stringify({ to: other, retry, from: id, type, sdp, session }));
    said.push(type);
    for (const watch of [...watchers]) watch();
  };

  const whenIn = (list: readonly string[], type: string, times: number): Promise<void> =>
    new Promise((resolve) => {
      const watch = () => {
        if (list.filter((one) => one === type).length < times) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });

  const offer = (sdp: string) => {
    session = clock.now();
    const again = (left: number) => {
      stopRepeating =
        left === 0
          ? () => {}
          : clock.after(repeatMs, () => {
              write("offer", sdp, left - 1);
              again(left - 1);
            });
    };
    again(repeats);
    write("offer", sdp, repeats);
  };

  const open = (): Endpoint => {
    const own = parts.endpoint();
    endpoint = own;
    own.whenCandidate((candidate) => {
      if (own.stable) write("candidate", candidate, 0);
      else stash.push(candidate);
    });
    own.whenStable(() => {
      for (let candidate = stash.pop(); candidate !== undefined; candidate = stash.pop()) {
        write("candidate", candidate, 0);
      }
    });
    return own;
  };

  const take = (frame: Frame) => {
    const sdp = String(frame.sdp);
    if (frame.to !== id) alerts.push(`a frame for ${String(frame.to)}`);
    const known = Boolean(session) && session === frame.session;
    switch (frame.type) {
      case "offer":
        // Not ready: dropped.
        if (endpoint === undefined) return;
        session ??= frame.session;
        other ??= frame.from;
        endpoint
          .answer(sdp)
          .then((answer) => write("answer", answer, 0))
          .catch(log("offer"));
        return;
      case "answer":
        if (!known) {
          alerts.push(`an answer of session ${String(frame.session)}`);
          return;
        }
        stopRepeating();
        endpoint?.finish(sdp).catch(log("answer"));
        return;
      case "candidate":
        if (known) endpoint?.take(sdp).catch(log("candidate"));
        else logged.push(`a candidate of session ${String(frame.session)}`);
        return;
      case "cheatUnruptToggle":
        toggles += 1;
    }
  };

  const listen = async () => {
    for await (const text of wire.texts) {
      const frame: Frame = JSON.parse(text);
      take(frame);
      heard.push(String(frame.type));
      for (const watch of [...watchers]) watch();
    }
  };
  listen().catch((error: unknown) => alerts.push(`a frame its script cannot read: ${String(error)}`));

  return {
    share: open,
    accept(inviter) {
      const own = open();
      other = inviter;
      own.offer().then(offer).catch(log("no offer"));
      return own;
    },
    toggle: () => write("cheatUnruptToggle", true, 0),
    alerts,
    logged,
    heard,
    said,
    get toggles() {
      return toggles;
    },
    hears: (type, times = 1) => whenIn(heard, type, times),
    says: (type, times = 1) => whenIn(said, type, times),
    stop() {
      stopRepeating();
      wire.close();
      endpoint?.close();
    },
  };
};
