// SPDX-License-Identifier: MIT
/** Native peers that change lines and keep their session. */
import { textFrame } from "./frames.ts";
import { RawPeer } from "./raw-peer.ts";

export interface Traveller {
  /** Settles when the line broke that it has now. */
  readonly lost: Promise<void>;
  /** Breaks its line and comes back on a new one; true where it was told of a gap. */
  resume(port: number): Promise<boolean>;
  end(): void;
}

interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly session?: string;
  readonly token?: string;
  readonly gap?: boolean;
  readonly sentence?: string;
}

/** Comes in, and is a peer that others can reach. */
export const traveller = async (port: number, room: string, id: string): Promise<Traveller> => {
  let peer: RawPeer;
  let incarnation = 1;
  let seen = 0;
  let session = "";
  let token = "";
  let lost = Promise.withResolvers<void>();
  let answered = Promise.withResolvers<boolean>();
  const take = (text: string): void => {
    // Written by the server under measurement.
    const frame: Frame = JSON.parse(text);
    if (frame.seq !== undefined) seen = frame.seq;
    if (frame.type === "welcome") [session = "", token = ""] = [frame.session, frame.token];
    if (frame.type === "joined" || frame.type === "resumed") answered.resolve(frame.gap === true);
    if (frame.type === "refused") answered.reject(new Error(frame.sentence));
  };
  const open = async (at: number, first: object): Promise<boolean> => {
    answered = Promise.withResolvers();
    lost = Promise.withResolvers();
    peer = await RawPeer.open({ port: at, target: "/", subprotocol: "signalbox.v1" }, take);
    const mine = { answered, lost };
    peer.onLost = (error) => {
      mine.lost.resolve();
      mine.answered.reject(error);
    };
    // Whoever waits for the answer is told; a line that breaks later has been answered.
    mine.answered.promise.catch(() => {});
    peer.send(textFrame(JSON.stringify(first)));
    return mine.answered.promise;
  };
  await open(port, { type: "join", seq: 1, room, id });
  return {
    get lost() {
      return lost.promise;
    },
    resume(at) {
      peer.drop();
      incarnation += 1;
      return open(at, { type: "resume", session, token, incarnation, seen });
    },
    end() {
      peer.send(textFrame('{"type":"end"}'));
      peer.drop();
    },
  };
};
