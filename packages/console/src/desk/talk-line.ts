// SPDX-License-Identifier: MIT
/**
 * Chat and files of one call, over its data channels. A channel named `files` speaks talk/wire.ts; any other carries
 * chat, a line of plain text a frame, so that ten lines of a program can take part.
 */
import type { FileState, Said } from "../state.ts";
import { bufferLow, chunkBytes, chunkBytesMax, saidMax, textLengthMax } from "../talk/bounds.ts";
import { createReceiving } from "../talk/receiving.ts";
import { createSending } from "../talk/sending.ts";
import { parseFileFrame } from "../talk/wire.ts";

export const chatLabel = "chat";
export const filesLabel = "files";

export interface TalkState {
  readonly talkOpen: boolean;
  readonly said: readonly Said[];
  readonly files: readonly FileState[];
}

export interface TalkLine {
  /** A channel of the call, from whichever side it was opened. */
  readonly attach: (channel: RTCDataChannel) => void;
  readonly say: (text: string) => void;
  readonly send: (files: readonly File[]) => void;
  readonly take: (file: string) => void;
  readonly stop: (file: string) => void;
  /** Frees what was received. */
  readonly discard: () => void;
}

interface TalkParts {
  readonly show: (change: (talk: TalkState) => TalkState) => void;
  readonly arrived: (name: string) => void;
  /** Opens a channel for files where the other side opened none. */
  readonly openFiles: () => RTCDataChannel;
  /** Largest message both ends take. Bytes; undefined where the stack does not tell. */
  readonly messageBytes: () => number | undefined;
}

/** One channel for files: both directions. */
interface FilesLine {
  readonly prefix: string;
  readonly channel: RTCDataChannel;
  readonly sending: ReturnType<typeof createSending>;
  readonly receiving: ReturnType<typeof createReceiving>;
}

const isOpen = (channel: RTCDataChannel): boolean => channel.readyState === "open";

export const createTalkLine = ({ show, arrived, openFiles, messageBytes }: TalkParts): TalkLine => {
  const lines: FilesLine[] = [];
  const hrefs = new Set<string>();
  let chat: RTCDataChannel | undefined;
  let count = 0;
  let discarded = false;

  const note = (text: string, mine: boolean): void => {
    count += 1;
    const said: Said = { key: count, mine, text: text.slice(0, textLengthMax), at: Date.now() };
    show((talk) => ({ ...talk, said: [...talk.said, said].slice(-saidMax) }));
  };

  const put = (file: FileState): void =>
    show((talk) => ({
      ...talk,
      files: talk.files.some(({ id }) => id === file.id)
        ? talk.files.map((known) => (known.id === file.id ? file : known))
        : [...talk.files, file],
    }));

  const attachChat = (channel: RTCDataChannel): void => {
    if (chat !== undefined) return;
    chat = channel;
    const tell = (): void => show((talk) => ({ ...talk, talkOpen: isOpen(channel) }));
    channel.addEventListener("open", tell);
    channel.addEventListener("close", tell);
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string" && data !== "") note(data, false);
    });
    tell();
  };

  const attachFiles = (channel: RTCDataChannel): void => {
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = bufferLow;
    const prefix = `${lines.length}-`;
    const drained = (): Promise<void> =>
      new Promise((resolve) => {
        const done = (): void => {
          channel.removeEventListener("bufferedamountlow", done);
          channel.removeEventListener("close", done);
          resolve();
        };
        channel.addEventListener("bufferedamountlow", done);
        channel.addEventListener("close", done);
        if (!isOpen(channel) || channel.bufferedAmount <= bufferLow) done();
      });
    const sending = createSending(
      {
        send: (frame) => (typeof frame === "string" ? channel.send(frame) : channel.send(frame)),
        buffered: () => channel.bufferedAmount,
        drained,
        isOpen: () => isOpen(channel),
        chunkBytes: () => Math.min(chunkBytesMax, Math.max(1, messageBytes() ?? chunkBytes)),
      },
      (file) => put({ ...file, id: `${prefix}mine-${file.id}`, mine: true }),
    );
    const receiving = createReceiving(
      (frame) => {
        if (isOpen(channel)) channel.send(JSON.stringify(frame));
      },
      ({ blob, ...file }) => {
        const href = blob === undefined || discarded ? undefined : URL.createObjectURL(blob);
        if (href !== undefined) {
          hrefs.add(href);
          arrived(file.name);
        }
        put({
          ...file,
          id: `${prefix}theirs-${file.id}`,
          mine: false,
          ...(href === undefined ? {} : { href }),
        });
      },
    );
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) return receiving.chunk(data);
      const frame = typeof data === "string" ? parseFileFrame(data) : undefined;
      if (frame === undefined) return;
      if (frame.type === "file" || frame.type === "begin" || frame.type === "end")
        return receiving.frame(frame);
      if (frame.type === "stop" && frame.by === "sender") return receiving.frame(frame);
      sending.take(frame);
    });
    channel.addEventListener("close", () => {
      sending.close();
      receiving.close();
    });
    lines.push({ prefix, channel, sending, receiving });
  };

  const attach = (channel: RTCDataChannel): void =>
    channel.label === filesLabel ? attachFiles(channel) : attachChat(channel);

  const lineOf = (file: string): readonly [line: FilesLine, mine: boolean, id: string] | undefined => {
    const line = lines.find(({ prefix }) => file.startsWith(prefix));
    if (line === undefined) return undefined;
    const rest = file.slice(line.prefix.length);
    const mine = rest.startsWith("mine-");
    return [line, mine, rest.slice(mine ? 5 : 7)];
  };

  return {
    attach,
    say(text) {
      if (chat === undefined || !isOpen(chat) || text.trim() === "") return;
      chat.send(text.slice(0, textLengthMax));
      note(text, true);
    },
    send(files) {
      if (lines.length === 0) attach(openFiles());
      const [line] = lines;
      if (line === undefined) return;
      const offer = (): void => {
        for (const file of files) line.sending.offer(file);
      };
      if (line.channel.readyState === "connecting")
        line.channel.addEventListener("open", offer, { once: true });
      else offer();
    },
    take(file) {
      const found = lineOf(file);
      if (found !== undefined && !found[1]) found[0].receiving.accept(found[2]);
    },
    stop(file) {
      const found = lineOf(file);
      if (found === undefined) return;
      const [line, mine, id] = found;
      if (mine) line.sending.stop(id);
      else line.receiving.stop(id);
    },
    discard() {
      discarded = true;
      for (const href of hrefs) URL.revokeObjectURL(href);
      hrefs.clear();
    },
  };
};
