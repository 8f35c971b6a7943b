// SPDX-License-Identifier: MIT

/** How to take a call: with camera and microphone, with the microphone, or sending nothing of one's own. */
export type Take = "video" | "audio" | "nothing";

/** Everything a person can do on the page. */
export interface Actions {
  readonly enter: (room: string, name: string, secret?: string) => void;
  readonly leave: () => void;
  readonly rename: (name: string) => void;
  readonly retry: () => void;
  readonly call: (peer: string, wants: "media" | "talk") => void;
  readonly accept: (ringing: string, take: Take) => void;
  readonly decline: (ringing: string) => void;
  readonly hangUp: (call: string) => void;
  /** Takes an ended call off the page, with what was received in it. */
  readonly close: (call: string) => void;
  readonly callAgain: (call: string) => void;
  readonly toggleMic: (call: string) => void;
  readonly toggleCamera: (call: string) => void;
  readonly say: (call: string, text: string) => void;
  readonly send: (call: string, files: readonly File[]) => void;
  readonly take: (call: string, file: string) => void;
  readonly stop: (call: string, file: string) => void;
}
