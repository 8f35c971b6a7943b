// SPDX-License-Identifier: MIT
/** The device's end of a channel: each request is answered once, in bounds. */
import type { FileChannel, Timer } from "./channel.ts";
import type { Digests } from "./digesting.ts";
import { parsePath } from "./path.ts";
import { type Sending, sendContent } from "./sending.ts";
import { type FileSource, isNo, type NewHash } from "./source.ts";
import {
  type Entry,
  entriesMax,
  type FileReason,
  type FileReply,
  type FileRequest,
  fileErrors,
  fileProtocol,
  messageBytesMax,
  parseRequest,
  requestsMax,
  windowMax,
} from "./wire.ts";

export interface Sharing {
  readonly source: FileSource;
  readonly label: string;
  readonly newHash: NewHash;
  readonly digests: Digests;
  readonly timer: Timer;
}

/** Answers that may wait in the channel of a client that reads none. Bytes. Beyond it the channel is closed. */
const waitingMax = 4 * 1024 * 1024;

/** A request under way: what later messages can do to it. */
interface Task {
  stopped: boolean;
  sending: Sending | undefined;
}

/**
 * Answers what comes on the channel until that closes. `messageBytes`: the largest message that the other side takes, asked
 * when there is something to send.
 */
export const shareOn = (
  channel: FileChannel,
  { source, label, newHash, digests, timer }: Sharing,
  messageBytes: () => number = () => messageBytesMax,
): void => {
  const tasks = new Map<number, Task>();

  const say = (reply: FileReply): void => {
    if (channel.readyState !== "open") return;
    if (channel.bufferedAmount > waitingMax) return channel.close();
    try {
      channel.send(JSON.stringify(reply));
    } catch {
      // The other side takes no message of that size, or closed in this moment: there is nothing it could be told.
      channel.close();
    }
  };
  const refuse = (reason: FileReason, id?: number): void =>
    say({ type: "error", ...(id === undefined ? {} : { id }), reason, detail: fileErrors[reason] });

  /** The open file of a request, or why not. Whoever gets it closes it. */
  const opened = async (names: readonly string[], tag: string | undefined) => {
    const file = await source.open(names);
    if (isNo(file) || tag === undefined || tag === file.tag) return file;
    await file.close();
    return { no: "CHANGED" } as const;
  };

  const read = async (
    { id, offset, length, window, tag }: FileRequest & { readonly type: "read" },
    names: readonly string[],
    task: Task,
  ): Promise<FileReply | FileReason | undefined> => {
    const file = await opened(names, tag);
    if (isNo(file)) return file.no;
    try {
      if (offset > file.size) return "OUT_OF_RANGE";
      const sending = {
        channel,
        id,
        file,
        offset,
        length: Math.min(length ?? file.size, file.size - offset),
        window,
        messageBytes: Math.min(messageBytesMax, messageBytes()),
        newHash,
        timer,
      };
      const { size, modified, tag } = file;
      say({ type: "content", id, offset, length: sending.length, size, modified, tag });
      task.sending = sendContent(sending);
      if (task.stopped) task.sending.stop();
      const end = await task.sending.ended;
      if (end === "closed") return undefined;
      return "no" in end ? end.no : { type: "end", id, sha256: end.sha256 };
    } finally {
      await file.close();
    }
  };

  const digest = async (
    { id, path, tag }: FileRequest & { readonly type: "digest" },
    names: readonly string[],
    task: Task,
  ): Promise<FileReply | FileReason> => {
    const file = await opened(names, tag);
    if (isNo(file)) return file.no;
    try {
      const sha256 = await digests.of(path, file, () => task.stopped || channel.readyState !== "open");
      return typeof sha256 === "string" ? { type: "digest", id, sha256, tag: file.tag } : sha256.no;
    } finally {
      await file.close();
    }
  };

  const list = async (
    { id, after }: FileRequest & { readonly type: "list" },
    names: readonly string[],
  ): Promise<FileReply | FileReason> => {
    const page = await source.list(names, after, entriesMax);
    if (isNo(page)) return page.no;
    const entries = fitting(page.entries);
    return { type: "list", id, entries, more: page.more || entries.length < page.entries.length };
  };

  const stat = async (
    { id }: FileRequest & { readonly type: "stat" },
    names: readonly string[],
  ): Promise<FileReply | FileReason> => {
    const found = await source.stat(names);
    if (found === "folder") return { type: "entry", id, kind: "folder" };
    return isNo(found) ? found.no : { type: "entry", id, kind: "file", ...found };
  };

  const answer = async (
    request: Exclude<FileRequest, { readonly type: "have" | "stop" }>,
    task: Task,
  ): Promise<FileReply | FileReason | undefined> => {
    const { id } = request;
    if (request.type === "describe")
      return { type: "description", id, protocol: fileProtocol, label, requestsMax, windowMax };
    const names = parsePath(request.path);
    if (names === undefined) return "BAD_PATH";
    switch (request.type) {
      case "list":
        return list(request, names);
      case "stat":
        return stat(request, names);
      case "read":
        return read(request, names, task);
      case "digest":
        return digest(request, names, task);
    }
  };

  const take = async (text: string): Promise<void> => {
    const request = parseRequest(text);
    if ("bad" in request) return refuse(request.bad, request.id);
    const { id } = request;
    // About a request that is answered already: it crossed the answer.
    if (request.type === "have") return tasks.get(id)?.sending?.have(request.bytes);
    if (request.type === "stop") return stop(tasks.get(id));
    if (tasks.has(id)) return refuse("BAD_ARGUMENT");
    if (tasks.size >= requestsMax) return refuse("BUSY", id);
    const task: Task = { stopped: false, sending: undefined };
    tasks.set(id, task);
    const told = await answer(request, task).catch((): FileReason => "UNREADABLE");
    tasks.delete(id);
    if (typeof told === "string") refuse(told, id);
    else if (told !== undefined) say(told);
  };

  channel.binaryType = "arraybuffer";
  channel.addEventListener("message", ({ data }) => {
    if (typeof data === "string") void take(data);
    else refuse("MALFORMED");
  });
  channel.addEventListener("close", () => {
    for (const task of tasks.values()) stop(task);
  });
};

const stop = (task: Task | undefined): void => {
  if (task === undefined) return;
  task.stopped = true;
  task.sending?.stop();
};

/** As many as a message holds, with room for what goes around them. */
const fitting = (entries: readonly Entry[]): readonly Entry[] => {
  let left = messageBytesMax - 256;
  const encoder = new TextEncoder();
  const end = entries.findIndex((entry) => {
    left -= encoder.encode(JSON.stringify(entry)).length + 1;
    return left < 0;
  });
  return end === -1 ? entries : entries.slice(0, end);
};
