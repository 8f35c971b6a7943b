// SPDX-License-Identifier: MIT
/** file/1 on the wire: JSON in text messages, content in binary ones. docs/file-1.md is the whole of it. */

/** The protocol of the data channel; as a PeerNet service it is `file`, version 1. */
export const fileProtocol = "file/1";

/** What comes before content in a binary message: the id of the read, big-endian. Bytes. */
export const headerBytes = 4;
/** A message, header included. Bytes. What every peer takes that names no max-message-size (RFC 8841, 6.1). */
export const messageBytesMax = 65_536;
/** A request. Bytes. The longest path there is, twice, and what goes around it. */
export const requestBytesMax = 16_384;
/** Requests of one channel that are not answered yet. Enough for a list, a picture and two downloads at once. */
export const requestsMax = 8;
/** Entries in one answer. With the longest names fewer fit into a message. */
export const entriesMax = 500;
/** Content on its way: sent and not yet said to be taken. Bytes. 4 MiB: 100 ms at 40 MB/s. */
export const windowDefault = 4 * 1024 * 1024;
export const windowMin = messageBytesMax;
export const windowMax = 16 * 1024 * 1024;

/** A regular file or a folder; nothing else is ever shown. */
export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Bytes; of a file only. */
  readonly size?: number;
  /** Milliseconds since the epoch. */
  readonly modified?: number;
}

export interface FileEntry {
  readonly size: number;
  readonly modified: number;
  /** Changes whenever the content may have changed. Opaque, at most 128 characters. */
  readonly tag: string;
}

export type FileRequest =
  | { readonly type: "describe"; readonly id: number }
  | { readonly type: "list"; readonly id: number; readonly path: string; readonly after?: string }
  | { readonly type: "stat"; readonly id: number; readonly path: string }
  | {
      readonly type: "read";
      readonly id: number;
      readonly path: string;
      readonly offset: number;
      /** Absent: to the end. */
      readonly length?: number;
      readonly tag?: string;
      readonly window: number;
    }
  | { readonly type: "digest"; readonly id: number; readonly path: string; readonly tag?: string }
  /** About a read: so many bytes of it are taken. */
  | { readonly type: "have"; readonly id: number; readonly bytes: number }
  /** About a read or digest: no more of it is wanted. */
  | { readonly type: "stop"; readonly id: number };

export const fileErrors = {
  MALFORMED: "is no JSON object with a type and an id from 1 to 4294967295, or too large",
  UNKNOWN_TYPE: "a type this device does not know; newer versions may",
  BAD_ARGUMENT: "a field has no value that makes sense",
  BAD_PATH: "is no path: names divided by `/`, none of them empty, `.` or `..`",
  NOT_FOUND: "nothing is shared under that path",
  NOT_A_FILE: "a folder, where a file is meant",
  NOT_A_FOLDER: "a file, where a folder is meant",
  OUT_OF_RANGE: "the offset is behind the end",
  CHANGED: "the file is not what the tag says, or changed while it was read",
  UNREADABLE: "the file is there, and cannot be read",
  TOO_MANY_ENTRIES: "the folder is too large to be listed",
  BUSY: "too many requests are not answered yet",
  STOPPED: "the client wanted no more of it",
  STALLED: "the client took nothing for a minute",
} as const;

export type FileReason = keyof typeof fileErrors;

/** Without an id: nothing that was sent could be told from it. */
export interface FileRefusal {
  readonly type: "error";
  readonly id?: number;
  readonly reason: string;
  readonly detail: string;
}

export interface Description {
  readonly protocol: string;
  readonly label: string;
  readonly requestsMax: number;
  readonly windowMax: number;
}

export type FileReply =
  | ({ readonly type: "description"; readonly id: number } & Description)
  | { readonly type: "list"; readonly id: number; readonly entries: readonly Entry[]; readonly more: boolean }
  | ({ readonly type: "entry"; readonly id: number; readonly kind: "file" } & FileEntry)
  | { readonly type: "entry"; readonly id: number; readonly kind: "folder" }
  /** Content follows, of so many bytes from that offset on; then an `end`. */
  | ({
      readonly type: "content";
      readonly id: number;
      readonly offset: number;
      readonly length: number;
    } & FileEntry)
  /** SHA-256 of the bytes that were sent, in hex. */
  | { readonly type: "end"; readonly id: number; readonly sha256: string }
  /** SHA-256 of the whole file. */
  | { readonly type: "digest"; readonly id: number; readonly sha256: string; readonly tag: string }
  | FileRefusal;

type Fields = { readonly [name: string]: unknown };

const objectIn = (text: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
export const isId = (value: unknown): value is number => isCount(value) && value >= 1 && value <= 0xffff_ffff;
const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length <= max;
const isTag = (value: unknown): value is string => isText(value, 128) && value !== "";
const isHash = (value: unknown): value is string => isText(value, 64) && /^[0-9a-f]{64}$/.test(value);

/** What is wrong with a request, as the device says it. */
export interface Bad {
  readonly id?: number;
  readonly bad: FileReason;
}

/** Longest path. Characters: names of 255 below each other, sixteen deep. */
export const pathMax = 4_096;

export const parseRequest = (text: string): FileRequest | Bad => {
  const fields = text.length <= requestBytesMax ? objectIn(text) : undefined;
  if (fields === undefined || !isId(fields.id) || typeof fields.type !== "string")
    return { bad: "MALFORMED" };
  const { type, id, path, tag, after, offset = 0, length, window = windowDefault, bytes } = fields;
  const bad: Bad = { id, bad: "BAD_ARGUMENT" };
  switch (type) {
    case "describe":
    case "stop":
      return { type, id };
    case "have":
      return isCount(bytes) ? { type, id, bytes } : bad;
    case "list":
      if (!isText(path, pathMax) || (after !== undefined && !isText(after, pathMax))) return bad;
      return { type, id, path, ...(after === undefined ? {} : { after }) };
    case "stat":
      return isText(path, pathMax) ? { type, id, path } : bad;
    case "digest":
      if (!isText(path, pathMax) || (tag !== undefined && !isTag(tag))) return bad;
      return { type, id, path, ...(tag === undefined ? {} : { tag }) };
    case "read":
      if (!isText(path, pathMax) || (tag !== undefined && !isTag(tag))) return bad;
      if (!isCount(offset) || (length !== undefined && !isCount(length))) return bad;
      if (!isCount(window) || window < windowMin) return bad;
      return {
        type,
        id,
        path,
        offset,
        window: Math.min(window, windowMax),
        ...(length === undefined ? {} : { length }),
        ...(tag === undefined ? {} : { tag }),
      };
    default:
      return { id, bad: "UNKNOWN_TYPE" };
  }
};

const entryOf = (value: unknown): Entry | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, kind, size, modified } = value as Fields;
  if (!isText(name, pathMax) || (kind !== "file" && kind !== "folder")) return undefined;
  return {
    name,
    kind,
    ...(isCount(size) ? { size } : {}),
    ...(isCount(modified) ? { modified } : {}),
  };
};

const fileEntryOf = ({ size, modified, tag }: Fields): FileEntry | undefined =>
  isCount(size) && isTag(tag) ? { size, modified: isCount(modified) ? modified : 0, tag } : undefined;

/** Undefined for what this side does not understand: newer devices may say more. */
export const parseReply = (text: string): FileReply | undefined => {
  const fields = text.length <= messageBytesMax ? objectIn(text) : undefined;
  if (fields === undefined) return undefined;
  const { type, id } = fields;
  if (type === "error") {
    const { reason, detail } = fields;
    if (!isText(reason, 64)) return undefined;
    return { type, ...(isId(id) ? { id } : {}), reason, detail: isText(detail, 512) ? detail : "" };
  }
  if (!isId(id)) return undefined;
  const file = fileEntryOf(fields);
  switch (type) {
    case "description": {
      const { protocol, label, requestsMax: requests, windowMax: window } = fields;
      if (!isText(protocol, 64)) return undefined;
      return {
        type,
        id,
        protocol,
        label: isText(label, 256) ? label : "",
        requestsMax: isCount(requests) ? requests : 1,
        windowMax: isCount(window) ? window : windowMin,
      };
    }
    case "list": {
      const entries = Array.isArray(fields.entries) ? fields.entries.map(entryOf) : [undefined];
      if (entries.includes(undefined)) return undefined;
      return {
        type,
        id,
        entries: entries.filter((entry) => entry !== undefined),
        more: fields.more === true,
      };
    }
    case "entry":
      if (fields.kind === "folder") return { type, id, kind: "folder" };
      return file === undefined ? undefined : { type, id, kind: "file", ...file };
    case "content": {
      const { offset, length } = fields;
      if (file === undefined || !isCount(offset) || !isCount(length)) return undefined;
      return { type, id, offset, length, ...file };
    }
    case "end":
      return isHash(fields.sha256) ? { type, id, sha256: fields.sha256 } : undefined;
    case "digest":
      if (!isHash(fields.sha256) || !isTag(fields.tag)) return undefined;
      return { type, id, sha256: fields.sha256, tag: fields.tag };
    default:
      return undefined;
  }
};

/** A piece of content, with the read it belongs to. */
export const contentMessage = (id: number, content: Uint8Array): Uint8Array<ArrayBuffer> => {
  const message = new Uint8Array(headerBytes + content.length);
  new DataView(message.buffer).setUint32(0, id);
  message.set(content, headerBytes);
  return message;
};

export const parseContent = (
  message: Uint8Array,
): { readonly id: number; readonly content: Uint8Array } | undefined =>
  message.length <= headerBytes
    ? undefined
    : {
        id: new DataView(message.buffer, message.byteOffset).getUint32(0),
        content: message.subarray(headerBytes),
      };

/** The bytes of a binary message, in whatever shape the stack gives them. */
export const bytesIn = (message: unknown): Uint8Array | undefined => {
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  return ArrayBuffer.isView(message)
    ? new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
    : undefined;
};
