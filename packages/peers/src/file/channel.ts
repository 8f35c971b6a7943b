// SPDX-License-Identifier: MIT
/** What file/1 uses of an RTCDataChannel, and of time. */

export interface FileChannel {
  readonly protocol: string;
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  binaryType: string;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: "message", run: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "open" | "close" | "bufferedamountlow", run: () => void): void;
}

export interface Timer {
  /** Runs it once after so many milliseconds, unless what it gives back is called before. */
  after(ms: number, run: () => void): () => void;
}
