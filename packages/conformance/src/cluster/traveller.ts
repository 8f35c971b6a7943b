// SPDX-License-Identifier: MIT
/** A peer that changes nodes, keeps what it took, and holds numbers against what it knows. */
import { handshakeAt, type TestLine, testLine } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { type RedisNode, until } from "./on-redis.ts";

const dialect = native();
export type Frame = { readonly [field: string]: unknown };

export const traveller = async (node: RedisNode, id: string, more: object = {}) => {
  const frames: Frame[] = [];
  const took: unknown[] = [];
  const known = new Set<unknown>();
  const complaints: string[] = [];
  let line: TestLine;
  let [seen, seq, incarnation] = [0, 1, 1];
  let [session, token] = ["", ""];
  const take = (text: string) => {
    const frame: Frame = JSON.parse(text);
    frames.push(frame);
    if (typeof frame.seq === "number") {
      if (frame.seq <= seen) complaints.push(`${frame.seq} came twice`);
      seen = frame.seq;
    }
    if (frame.type === "welcome") [session, token] = [String(frame.session), String(frame.token)];
    if (frame.type === "signal") took.push((frame.signal as Frame).data);
    if (frame.type === "joined" && frame.room === "r") {
      known.clear();
      for (const member of frame.members as readonly Frame[]) known.add(member.id);
    }
    if (frame.type === "peer-joined") {
      const { id: name } = frame.member as Frame;
      if (known.has(name)) complaints.push(`${String(name)} was introduced twice`);
      known.add(name);
    }
    if (frame.type === "peer-left" && !known.delete(frame.id)) complaints.push("a stranger left");
  };
  const open = (at: RedisNode): TestLine => {
    const fresh = testLine(at.hub, dialect, handshakeAt("/", { protocols: ["signalbox.v1"] }));
    fresh.onTold = take;
    return fresh;
  };
  line = open(node);
  line.send({ type: "join", seq, room: "r", id, ...more });
  const last = (type: string) => frames.findLast((frame) => frame.type === type);
  const resumes = () => frames.filter(({ type }) => type === "resumed").length;
  let resumedBefore = 0;
  await until(() => last("joined") !== undefined);
  return {
    frames,
    took,
    known,
    complaints,
    last,
    get session() {
      return session;
    },
    get token() {
      return token;
    },
    get closing() {
      return line.closing;
    },
    /** Number of the last frame it sent. */
    sent: () => seq,
    /** The line breaks. */
    lose() {
      line.onTold = undefined;
      line.drop();
    },
    resume(at: RedisNode) {
      line.onTold = undefined;
      incarnation += 1;
      resumedBefore = resumes();
      line = open(at);
      line.send({ type: "resume", session, token, incarnation, seen });
    },
    async resumed() {
      await until(() => resumes() > resumedBefore || line.closing !== undefined);
      return last("resumed");
    },
    guess(at: RedisNode) {
      line = open(at);
      line.send({ type: "resume", session, token: "a guess", incarnation: incarnation + 1, seen });
    },
    join(room: string) {
      seq += 1;
      line.send({ type: "join", seq, room, id });
    },
    signal(to: string, data: number) {
      seq += 1;
      line.send({ type: "signal", seq, room: "r", to, signal: { kind: "opaque", data } });
      return seq;
    },
  };
};
