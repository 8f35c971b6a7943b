// SPDX-License-Identifier: MIT
/** What a native peer was told, and what it sent: its own history, which is held against the promises of docs/ordering.md. */

export type Frame = { readonly [field: string]: unknown };

/** One stay: from a `welcome` to its end. */
export interface Stay {
  readonly session: string;
  /** Numbers taken, by the session that sent them, in the order they came. */
  readonly took: Map<string, number[]>;
  /** It was told that something is missing. */
  gaps: number;
  /** It is over: its peer was told to join anew, or ended it. What was accepted for it may never have been taken. */
  over: boolean;
}

/** One signal and the last that was said of it. */
export interface Sent {
  readonly number: number;
  readonly bySession: string;
  /** Stay of the target that it was meant for. */
  readonly toSession: string;
  fate: string | undefined;
  /** Code of the refusal, where its fate is `refused`. */
  why: string | undefined;
}

/** What a peer was told of its room, one member at a time. */
export interface Change {
  readonly kind: "joined" | "left";
  readonly id: string;
  readonly session: string;
}

export interface History {
  readonly id: string;
  readonly stays: readonly Stay[];
  readonly sent: readonly Sent[];
  /** What it was told and cannot be. */
  readonly complaints: readonly string[];
}

export interface Chronicle extends History {
  /** Whom it knows now: id by session. */
  readonly known: ReadonlyMap<string, string>;
  readonly changes: readonly Change[];
  /** Codes of the refusals of what is no signal: of joins. */
  readonly refusals: readonly string[];
  /** Codes with which lines were closed. */
  readonly closings: readonly string[];
  /** Lines that were resumed. */
  readonly resumes: number;
  readonly stay: Stay | undefined;
  /** Is it in its room? */
  readonly inside: boolean;
  /** Highest number of a frame it was told. */
  readonly seen: number;
  /** What it was told last, signals and receipts left out: for whoever looks into a failure. */
  readonly journal: readonly string[];
  note(...words: readonly unknown[]): void;
  /** Writes down what it was told. */
  take(frame: Frame): void;
  /** Writes down that it sends a signal, and gives back its number. */
  sends(ref: number, toSession: string): number;
  /** Its stay is over. */
  forget(): void;
}

/** Lines of the journal that are kept. */
const journalLines = 60;
/** Frames that come all the time. */
const frequent = new Set<unknown>(["signal", "receipt", "pong"]);

const memberWords = (member: unknown): string => {
  const { id, session, order } = member as Frame;
  return `${String(id)} ${String(session)} ${String(order)}`;
};

const wordsOf = ({ type, code, id, session, reason, member, members }: Frame): string =>
  JSON.stringify({
    ...{ type, code, id, session, reason },
    ...(member === undefined ? {} : { member: memberWords(member) }),
    ...(Array.isArray(members) ? { members: members.map(memberWords) } : {}),
  });

export const chronicle = (id: string): Chronicle => {
  const stays: Stay[] = [];
  const sent: Sent[] = [];
  const byRef = new Map<string, Sent>();
  const known = new Map<string, string>();
  const changes: Change[] = [];
  const complaints: string[] = [];
  const refusals: string[] = [];
  const closings: string[] = [];
  const journal: string[] = [];
  let stay: Stay | undefined;
  let inside = false;
  let [seen, number, resumes] = [0, 0, 0];
  /** After a gap the numbers go on somewhere above. */
  let jumps = false;
  /** After a gap what was kept comes first, and then the room: until then it knows nobody for sure. */
  let unsure = false;

  const note = (...words: readonly unknown[]): void => {
    journal.push(`${Math.round(performance.now())} ${words.join(" ")}`);
    if (journal.length > journalLines) journal.shift();
  };
  const complain = (sentence: string): void => {
    if (complaints.includes(sentence)) return;
    complaints.push(sentence);
    note("complains:", sentence);
  };
  const introduce = (member: Frame): void => {
    const [name, session] = [String(member.id), String(member.session)];
    if (known.has(session) && !unsure) complain(`${id} was introduced to ${name} twice`);
    known.set(session, name);
    changes.push({ kind: "joined", id: name, session });
  };
  const enter = (members: readonly Frame[]): void => {
    inside = true;
    unsure = false;
    known.clear();
    for (const member of members) introduce(member);
  };
  const takeSignal = (from: string, name: string, data: number): void => {
    if (!known.has(from) && !unsure) complain(`${id} was told something of ${name}, who was not there`);
    const numbers = stay?.took.get(from);
    if (numbers !== undefined) numbers.push(data);
    else stay?.took.set(from, [data]);
  };
  const takeSeq = (seq: number): void => {
    if (seq <= seen) complain(`${id} was told ${seq} twice`);
    else if (seq !== seen + 1 && !jumps) complain(`${id} was told ${seq} after ${seen}, and of no gap`);
    jumps = false;
    seen = Math.max(seen, seq);
  };
  const settle = (of: unknown, fate: string, why: unknown): boolean => {
    const one = byRef.get(`${stay?.session} ${String(of)}`);
    if (one === undefined) return false;
    one.fate = fate;
    if (why !== undefined) one.why = String(why);
    return true;
  };
  const leave = (): void => {
    inside = false;
    unsure = false;
    known.clear();
  };
  return {
    id,
    stays,
    sent,
    known,
    changes,
    complaints,
    refusals,
    closings,
    journal,
    note,
    get resumes() {
      return resumes;
    },
    get stay() {
      return stay;
    },
    get inside() {
      return inside;
    },
    get seen() {
      return seen;
    },
    take(frame) {
      if (!frequent.has(frame.type)) note(wordsOf(frame));
      if (typeof frame.seq === "number") takeSeq(frame.seq);
      switch (frame.type) {
        case "welcome":
          stay = { session: String(frame.session), took: new Map(), gaps: 0, over: false };
          stays.push(stay);
          return;
        case "resumed":
          resumes += 1;
          if (frame.gap !== true) return;
          note("was told of a gap");
          jumps = true;
          unsure = true;
          if (stay !== undefined) stay.gaps += 1;
          return;
        case "joined":
          return enter(frame.members as readonly Frame[]);
        case "left":
          return leave();
        case "refused":
          if (!settle(frame.of, "refused", frame.code)) refusals.push(String(frame.code));
          return;
        case "peer-joined":
          return introduce(frame.member as Frame);
        case "peer-left":
          changes.push({ kind: "left", id: String(frame.id), session: String(frame.session) });
          if (!known.delete(String(frame.session)) && !unsure)
            complain(`${id} was told that ${String(frame.id)} left, who was not there`);
          return;
        case "signal":
          return takeSignal(String(frame.session), String(frame.from), Number((frame.signal as Frame).data));
        case "receipt":
          settle(frame.of, String(frame.fate), frame.code);
          return;
        case "closing":
          closings.push(String(frame.code));
          return;
        default:
      }
    },
    sends(ref, toSession) {
      number += 1;
      const bySession = stay?.session ?? "";
      const one: Sent = { number, bySession, toSession, fate: undefined, why: undefined };
      byRef.set(`${bySession} ${ref}`, one);
      sent.push(one);
      return number;
    },
    forget() {
      if (stay !== undefined) stay.over = true;
      stay = undefined;
      seen = 0;
      jumps = false;
      leave();
    },
  };
};
