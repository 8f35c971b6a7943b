// SPDX-License-Identifier: MIT
/**
 * What two pages say to each other about files, on a data channel named `files`. Text frames are these, as JSON;
 * binary frames are the bytes of the file that began last. One file moves at a time in each direction.
 */
import { fileNameMax } from "./bounds.ts";

export type FileFrame =
  /** Sender: here is a file. `id` is the sender's own, new for each file. */
  | {
      readonly type: "file";
      readonly id: string;
      readonly name: string;
      readonly size: number;
      readonly mime: string;
    }
  /** Receiver: send it, or do not. */
  | { readonly type: "take"; readonly id: string }
  | { readonly type: "refuse"; readonly id: string }
  /** Sender: the bytes from here on are of this file; and those were all. */
  | { readonly type: "begin"; readonly id: string }
  | { readonly type: "end"; readonly id: string }
  /** Receiver: so many bytes are here; and it is whole. */
  | { readonly type: "have"; readonly id: string; readonly bytes: number }
  | { readonly type: "whole"; readonly id: string }
  /** Sender: I stop sending it. Receiver: I stop taking it. */
  | { readonly type: "stop"; readonly id: string; readonly by: "sender" | "receiver" };

const idMax = 64;

const size = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** A name to show and to save under: no folders, no control characters. */
const plainName = (name: string): string =>
  name
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .split(/[\\/]/u)
    .at(-1)
    ?.trim()
    .slice(0, fileNameMax) || "file";

export const parseFileFrame = (text: string): FileFrame | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const frame: { readonly [name: string]: unknown } = { ...value };
  const { id } = frame;
  if (typeof id !== "string" || id === "" || id.length > idMax) return undefined;
  switch (frame.type) {
    case "file": {
      const { name, size: length, mime } = frame;
      if (typeof name !== "string" || !size(length)) return undefined;
      return {
        type: "file",
        id,
        name: plainName(name),
        size: length,
        mime: typeof mime === "string" ? mime.slice(0, 100) : "",
      };
    }
    case "take":
    case "refuse":
    case "begin":
    case "end":
    case "whole":
      return { type: frame.type, id };
    case "have":
      return size(frame.bytes) ? { type: "have", id, bytes: frame.bytes } : undefined;
    case "stop":
      return frame.by === "sender" || frame.by === "receiver"
        ? { type: "stop", id, by: frame.by }
        : undefined;
    default:
      return undefined;
  }
};
