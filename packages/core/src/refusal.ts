// SPDX-License-Identifier: MIT
/**
 * The one catalogue of expected "no"s. Dialects spell them in their own words; docs/refusals.md is checked
 * against this table by a test.
 *
 * Close codes tell a native client what to do next without knowing the code: 4000-4499 come back, 4500-4999 do not.
 */
export interface RefusalRow {
  /** One sentence for people: what was refused and what to do. */
  readonly sentence: string;
  /** Can the same request succeed later, unchanged? */
  readonly retry: boolean;
  /** HTTP status where the refusal answers an HTTP request. */
  readonly http: number;
  /** WebSocket close code where the refusal ends the connection (native dialect). */
  readonly close: number;
}

export const refusals = {
  malformed: {
    sentence: "The frame is not what this protocol allows.",
    retry: false,
    http: 400,
    close: 4500,
  },
  "too-large": {
    sentence: "The frame or a part of it is larger than this server accepts.",
    retry: false,
    http: 413,
    close: 4501,
  },
  "bad-name": {
    sentence: "An id or room name is empty, too long, or holds control characters.",
    retry: false,
    http: 400,
    close: 4502,
  },
  "id-taken": {
    sentence: "The id is already taken in this room.",
    retry: true,
    http: 409,
    close: 4401,
  },
  "room-full": {
    sentence: "The room holds as many members as this server allows.",
    retry: true,
    http: 429,
    close: 4402,
  },
  "too-many-rooms": {
    sentence: "This session is in as many rooms as this server allows.",
    retry: false,
    http: 429,
    close: 4503,
  },
  "not-joined": {
    sentence: "This session is not in that room; join it first.",
    retry: false,
    http: 409,
    close: 4504,
  },
  "already-joined": {
    sentence: "This session is already in that room.",
    retry: false,
    http: 409,
    close: 4505,
  },
  "unknown-peer": {
    sentence: "Nobody with that id is in the room.",
    retry: true,
    http: 404,
    close: 4403,
  },
  "media-mismatch": {
    sentence: "The two peers have no kind of media in common.",
    retry: false,
    http: 422,
    close: 4506,
  },
  "not-understood": {
    sentence: "The other peer's protocol has no word for this.",
    retry: false,
    http: 422,
    close: 4507,
  },
  "answered-elsewhere": {
    sentence: "Another peer with the same id has already answered this call.",
    retry: false,
    http: 409,
    close: 4508,
  },
  "mailbox-full": {
    sentence: "As much as this server holds for that peer is already waiting for it.",
    retry: true,
    http: 429,
    close: 4404,
  },
  expired: {
    sentence: "The peer did not come back in time to take what waited for it.",
    retry: true,
    http: 504,
    close: 4405,
  },
  unreachable: {
    sentence: "The server that holds that peer could not be reached.",
    retry: true,
    http: 503,
    close: 4406,
  },
  "rate-limited": {
    sentence: "Too many frames in too short a time; slow down.",
    retry: true,
    http: 429,
    close: 4407,
  },
  "slow-peer": {
    sentence: "This connection does not take its frames as fast as they come.",
    retry: true,
    http: 429,
    close: 4408,
  },
  silent: {
    sentence: "The connection said nothing within the time allowed for a first frame.",
    retry: true,
    http: 408,
    close: 4409,
  },
  unresponsive: {
    sentence: "The connection no longer answers.",
    retry: true,
    http: 408,
    close: 4410,
  },
  overloaded: {
    sentence: "This server holds as many connections as it may.",
    retry: true,
    http: 503,
    close: 4411,
  },
  draining: {
    sentence: "This server is shutting down; come back in a moment.",
    retry: true,
    http: 503,
    close: 4400,
  },
  "cluster-away": {
    sentence: "This server is cut off from the others it works with; try again in a moment.",
    retry: true,
    http: 503,
    close: 4417,
  },
  "session-unknown": {
    sentence: "There is no such session any more; join anew.",
    retry: false,
    http: 404,
    close: 4412,
  },
  "stale-incarnation": {
    sentence: "A newer connection of this session is already attached.",
    retry: false,
    http: 409,
    close: 4509,
  },
  replaced: {
    sentence: "A newer connection of this session took over.",
    retry: false,
    http: 409,
    close: 4510,
  },
  unauthorized: {
    sentence: "This server asks for a credential, and the one given was not accepted.",
    retry: false,
    http: 401,
    close: 4511,
  },
  forbidden: {
    sentence: "This credential does not allow that.",
    retry: false,
    http: 403,
    close: 4512,
  },
  "origin-refused": {
    sentence: "Pages of this origin may not connect here.",
    retry: false,
    http: 403,
    close: 4513,
  },
  "version-unsupported": {
    sentence: "This server does not speak that version of the protocol.",
    retry: false,
    http: 400,
    close: 4514,
  },
  "too-many-services": {
    sentence: "A peer may offer only so many services.",
    retry: false,
    http: 429,
    close: 4515,
  },
  "ended-by-peer": {
    sentence: "The session was ended by its own peer.",
    retry: false,
    http: 410,
    close: 4516,
  },
  "bad-argument": {
    sentence: "A field of the request has a value it cannot have.",
    retry: false,
    http: 400,
    close: 4517,
  },
  "media-unsupported": {
    sentence: "The body is in a form this server does not read.",
    retry: false,
    http: 415,
    close: 4525,
  },
  "not-acceptable": {
    sentence: "The response cannot be had in a form the request accepts.",
    retry: false,
    http: 406,
    close: 4526,
  },
  "not-found": {
    sentence: "There is nothing of that name, or it has lapsed.",
    retry: false,
    http: 404,
    close: 4518,
  },
  exists: {
    sentence: "The name is taken by another owner.",
    retry: false,
    http: 409,
    close: 4519,
  },
  "etag-mismatch": {
    sentence: "It has changed since it was read; read it again.",
    retry: false,
    http: 412,
    close: 4520,
  },
  contended: {
    sentence: "Too many changed it at the same moment; try again.",
    retry: true,
    http: 409,
    close: 4413,
  },
  "room-not-empty": {
    sentence: "The room still has servers; remove them first, or say force.",
    retry: false,
    http: 409,
    close: 4521,
  },
  "registry-full": {
    sentence: "This server keeps as many of these as it may.",
    retry: true,
    http: 429,
    close: 4414,
  },
  "too-many-knocks": {
    sentence: "As many knocks as may wait there are waiting.",
    retry: true,
    http: 429,
    close: 4415,
  },
  "ambiguous-selector": {
    sentence: "More than one service matches the selector; name one.",
    retry: false,
    http: 409,
    close: 4522,
  },
  "already-answered": {
    sentence: "The knock has an answer, and the first one stands.",
    retry: false,
    http: 409,
    close: 4523,
  },
  "not-answered": {
    sentence: "The knock has no answer yet that candidates could belong to.",
    retry: true,
    http: 409,
    close: 4416,
  },
  "knock-over": {
    sentence: "The knock is over: nothing can be added to it.",
    retry: false,
    http: 410,
    close: 4524,
  },
} as const satisfies { readonly [code: string]: RefusalRow };

export type RefusalCode = keyof typeof refusals;

/** An expected "no", as a value. `detail` adds what the sentence cannot know: the field, the bound, the two kinds. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail?: string;
  /** When a retry can succeed, where that is known. Milliseconds from now. */
  readonly retryAfterMs?: number;
}

export const refusal = (code: RefusalCode, detail?: string, retryAfterMs?: number): Refusal => ({
  code,
  ...(detail === undefined ? {} : { detail }),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** The sentence for people, with the detail where there is one. */
export const explain = (no: Refusal): string =>
  no.detail === undefined ? refusals[no.code].sentence : `${refusals[no.code].sentence} ${no.detail}`;

const refusalMark: ReadonlySet<string> = new Set(Object.keys(refusals));

/** Is this value a refusal (and not what was asked for)? */
export const isRefusal = (value: object): value is Refusal =>
  "code" in value && typeof value.code === "string" && refusalMark.has(value.code);
