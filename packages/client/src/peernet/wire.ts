// SPDX-License-Identifier: MIT
/** What a PeerNet server says in JSON, checked: docs/peernet.md has the routes, /peernet.proto the messages. */
import type { CandidateInit, IceServer } from "../wire.ts";

type Fields = { readonly [name: string]: unknown };

export type Attributes = Fields;

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
/** An int64 is text in JSON. */
const numberOf = (value: unknown): number =>
  typeof value === "string" || typeof value === "number" ? Number(value) || 0 : 0;

const states = ["PENDING", "DELIVERED", "ANSWERED", "REJECTED", "EXPIRED", "CANCELLED"] as const;
export type KnockState = Lowercase<(typeof states)[number]>;

export interface Description {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

/** What one side of a knock gave so far. */
export interface KnockSide {
  readonly description?: Description;
  readonly candidates: readonly CandidateInit[];
  /** No more candidates will come. */
  readonly complete: boolean;
}

export interface Knock {
  /** `servers/{server}/services/{service}/knocks/{knock}` */
  readonly name: string;
  /** Id of the service that is meant. */
  readonly service: string;
  readonly state: KnockState;
  readonly generation: number;
  readonly offer: KnockSide;
  readonly answer: KnockSide;
  readonly rejectReason: string;
  readonly attributes: Attributes;
}

export interface ServiceView {
  /** `servers/{server}/services/{service}` */
  readonly name: string;
  readonly protocol: string;
  readonly version: string;
  readonly displayName: string;
  readonly attributes: Attributes;
}

export interface ServerView {
  readonly id: string;
  /** `servers/{server}` */
  readonly name: string;
  /** Id of its room; empty: in none. */
  readonly room: string;
  readonly displayName: string;
  /** It asks for knocks at this moment. */
  readonly online: boolean;
  readonly services: readonly ServiceView[];
}

const descriptionOf = (value: unknown, type: Description["type"]): Description | undefined => {
  const { sdp } = fieldsOf(value);
  return typeof sdp === "string" && sdp !== "" ? { type, sdp } : undefined;
};

const candidateOf = (value: unknown): CandidateInit => {
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = fieldsOf(value);
  return {
    candidate: textOf(candidate),
    ...(typeof sdpMid === "string" && sdpMid !== "" ? { sdpMid } : {}),
    ...(typeof sdpMLineIndex === "number" ? { sdpMLineIndex } : {}),
    ...(typeof usernameFragment === "string" && usernameFragment !== "" ? { usernameFragment } : {}),
  };
};

const sideOf = (fields: Fields, type: Description["type"], candidates: string): KnockSide => {
  const description = descriptionOf(fields[type], type);
  return {
    ...(description === undefined ? {} : { description }),
    candidates: listOf(fields[candidates]).map(candidateOf),
    complete: fields[`${type}CandidatesComplete`] === true,
  };
};

/** Undefined where it has no name or no state that is known. */
export const parseKnock = (value: unknown): Knock | undefined => {
  const fields = fieldsOf(value);
  const name = textOf(fields.name);
  const state = states.find((known) => fields.state === `STATE_${known}`);
  const service = /^servers\/[^/]+\/services\/([^/]+)\/knocks\/[^/]+$/.exec(name)?.[1];
  if (service === undefined || state === undefined) return undefined;
  return {
    name,
    service,
    state: state.toLowerCase() as KnockState,
    generation: numberOf(fields.generation),
    offer: sideOf(fields, "offer", "iceCandidates"),
    answer: sideOf(fields, "answer", "answerIceCandidates"),
    rejectReason: textOf(fields.rejectReason),
    attributes: fieldsOf(fields.attributes),
  };
};

export const parseKnocks = (value: unknown): readonly Knock[] =>
  listOf(value)
    .map(parseKnock)
    .filter((knock) => knock !== undefined);

export const parseIceServers = (value: unknown): readonly IceServer[] =>
  listOf(value).map((one) => {
    const { urls, username, credential } = fieldsOf(one);
    return {
      urls: listOf(urls).map(textOf),
      ...(textOf(username) === "" ? {} : { username: textOf(username), credential: textOf(credential) }),
    };
  });

export const parseServers = (value: unknown): readonly ServerView[] =>
  listOf(value).map((one) => {
    const { uniqueId, name, room, displayName, online, services } = fieldsOf(one);
    return {
      id: textOf(uniqueId),
      name: textOf(name),
      room: textOf(room).replace(/^rooms\//, ""),
      displayName: textOf(displayName),
      online: online === true,
      services: listOf(services).map((service) => {
        const fields = fieldsOf(service);
        return {
          name: textOf(fields.name),
          protocol: textOf(fields.protocol),
          version: textOf(fields.version),
          displayName: textOf(fields.displayName),
          attributes: fieldsOf(fields.attributes),
        };
      }),
    };
  });

/** Which answers of an exchange the server did not take: name and reason. */
export const parseResults = (
  value: unknown,
): readonly { readonly name: string; readonly message: string }[] =>
  listOf(value).flatMap((one) => {
    const { name, code, message } = fieldsOf(one);
    return numberOf(code) === 0 ? [] : [{ name: textOf(name), message: textOf(message) }];
  });
