// SPDX-License-Identifier: MIT
import type { Dialect, Hub } from "@signalbox/core";
import { handshakeAt, type TestLine, testLine } from "@signalbox/core/testing";

/** A native peer that believes what it is told, and complains where that cannot be. */
export interface Witness {
  readonly name: string;
  readonly line: TestLine;
  /** Sessions it knows of, by id. */
  readonly known: ReadonlyMap<string, string>;
  /** Sessions that it was told have left, in order. */
  readonly departed: readonly string[];
  readonly joined: boolean;
  readonly refused: boolean;
  readonly session: string | undefined;
  /** Numbers of signals it received, in order, by sender session. */
  readonly received: ReadonlyMap<string, readonly number[]>;
  /** Fates of what it sent, by its number. */
  readonly fates: ReadonlyMap<number, string>;
  /** What it was told and cannot be. */
  readonly complaints: readonly string[];
  join(room: string): void;
  leave(): void;
  signal(to: string): number;
  end(): void;
}

export const witness = (hub: Hub, dialect: Dialect, name: string): Witness => {
  const known = new Map<string, string>();
  const received = new Map<string, number[]>();
  const fates = new Map<number, string>();
  const numberOf = new Map<number, number>();
  const complaints: string[] = [];
  const departed: string[] = [];
  const expect = (holds: boolean, complaint: string) => {
    if (!holds) complaints.push(complaint);
  };
  /** The one it is in. */
  let room = "";
  let seq = 0;
  let sent = 0;
  let joined = false;
  let refused = false;
  let session: string | undefined;
  let lastSeq = 0;
  const line = testLine(hub, dialect, handshakeAt("/", { protocols: ["signalbox.v1"] }));

  const introduce = (member: { readonly id: string; readonly session: string }) => {
    expect(!known.has(member.session), `${name} was introduced to ${member.id} twice`);
    expect(member.session !== session, `${name} was introduced to itself`);
    known.set(member.session, member.id);
  };
  const take = (text: string) => {
    const frame = JSON.parse(text);
    if (typeof frame.seq === "number") {
      expect(frame.seq === lastSeq + 1, `${name} was told ${frame.seq} after ${lastSeq}`);
      lastSeq = frame.seq;
    }
    switch (frame.type) {
      case "welcome":
        session = frame.session;
        break;
      case "joined":
        joined = true;
        known.clear();
        for (const member of frame.members) introduce(member);
        break;
      case "left":
        joined = false;
        known.clear();
        break;
      case "peer-joined":
        expect(joined, `${name} was told of others before it was in`);
        introduce(frame.member);
        break;
      case "peer-left":
        expect(known.delete(frame.session), `${name} was told that a stranger left`);
        departed.push(frame.session);
        break;
      case "signal": {
        expect(
          known.has(frame.session) || frame.session === session,
          `${name} got a signal of ${frame.from} before it was introduced`,
        );
        const numbers = received.get(frame.session) ?? [];
        numbers.push(frame.signal.data);
        received.set(frame.session, numbers);
        break;
      }
      case "receipt": {
        const number = numberOf.get(frame.of);
        if (number !== undefined) fates.set(number, frame.fate);
        break;
      }
      case "refused":
        refused = true;
        break;
      default:
    }
  };
  line.onTold = take;
  const next = () => {
    seq += 1;
    return seq;
  };
  return {
    name,
    line,
    known,
    received,
    fates,
    complaints,
    departed,
    get joined() {
      return joined;
    },
    get refused() {
      return refused;
    },
    get session() {
      return session;
    },
    join(asked) {
      room = asked;
      line.send({ type: "join", seq: next(), room, id: name });
    },
    leave: () => line.send({ type: "leave", seq: next(), room }),
    signal(to) {
      sent += 1;
      const of = next();
      numberOf.set(of, sent);
      line.send({ type: "signal", seq: of, room, to, signal: { kind: "opaque", data: sent } });
      return sent;
    },
    end: () => line.send({ type: "end" }),
  };
};
