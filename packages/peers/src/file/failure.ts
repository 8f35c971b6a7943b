// SPDX-License-Identifier: MIT
/** Why something asked of a file peer did not happen. */
import { type FileReason, fileErrors } from "./wire.ts";

/** What the client finds out by itself. */
export const clientFailures = {
  BROKEN: "The connection to the device broke.",
  SILENT: "The device does not answer.",
  OVERRUN: "The device sent more than it was asked for.",
  CORRUPT: "What came is not what the device has: the SHA-256 differs.",
} as const;

export type ClientFailure = keyof typeof clientFailures;

/** An expected no. `message` is a sentence for people. */
export class FileError extends Error {
  override readonly name: string = "FileError";
  /** One of `clientFailures` or `fileErrors`, or what a newer device says. */
  readonly reason: string;

  constructor(reason: string, sentence: string) {
    super(sentence);
    this.reason = reason;
  }
}

export const failed = (reason: ClientFailure): FileError => new FileError(reason, clientFailures[reason]);

const sentences: { readonly [reason in FileReason]?: string } = {
  NOT_FOUND: "There is nothing under that path.",
  BAD_PATH: "That is no path: names divided by /, none of them . or ..",
  NOT_A_FILE: "That is a folder.",
  NOT_A_FOLDER: "That is a file.",
  CHANGED: "The file changed meanwhile.",
  UNREADABLE: "The device cannot read it.",
  BUSY: "The device is busy with other requests of this client.",
  TOO_MANY_ENTRIES: "The folder is too large to be listed.",
};

export const refused = (reason: string, detail: string): FileError => {
  const own = Object.hasOwn(fileErrors, reason) ? sentences[reason as FileReason] : undefined;
  return new FileError(reason, own ?? `The device refused: ${detail || reason}`);
};

/** Can the same go on over a new connection? */
export const isBroken = (error: unknown): boolean =>
  error instanceof FileError &&
  (error.reason === "BROKEN" || error.reason === "SILENT" || error.reason === "STALLED");
