// SPDX-License-Identifier: MIT
/** Where a file goes: straight onto the disk where the browser can, else into memory, up to a bound. */

/** Files up to this size come by way of memory, without a question. Bytes. */
export const unaskedMax = 100_000_000;
/** What a browser that cannot write to the disk is asked to hold at most. Bytes. */
export const memoryMax = 1_000_000_000;

export interface Sink {
  write(bytes: Uint8Array): Promise<void> | void;
  /** All of it is there and checked. Gives the address to save it from, where it is not on the disk yet. */
  finish(): Promise<string | undefined>;
  /** Nothing of it stays. */
  discard(): Promise<void>;
}

interface Writable {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

interface SavePicker {
  showSaveFilePicker?(options: {
    readonly suggestedName: string;
  }): Promise<{ createWritable(): Promise<Writable> }>;
}

/** Pieces are handed to a Blob at this size: browsers keep large ones on the disk. Bytes. */
const pieceBytes = 8_000_000;

const memorySink = (): Sink => {
  let pieces: Blob[] = [];
  let loose: Uint8Array<ArrayBuffer>[] = [];
  let looseBytes = 0;
  const pack = () => {
    pieces.push(new Blob(loose));
    loose = [];
    looseBytes = 0;
  };
  return {
    write(bytes) {
      loose.push(new Uint8Array(bytes));
      looseBytes += bytes.length;
      if (looseBytes >= pieceBytes) pack();
    },
    async finish() {
      pack();
      // Nothing a device sends is ever shown as a page of this server.
      return URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
    },
    async discard() {
      pieces = [];
      loose = [];
    },
  };
};

const diskSink = (file: Writable): Sink => ({
  write: (bytes) => file.write(bytes),
  async finish() {
    // The browser puts it in its place only now.
    await file.close();
    return undefined;
  },
  discard: () => file.abort().catch(() => {}),
});

/**
 * Call it while a click is being handled: browsers ask where to only then. Undefined where somebody thought better of it;
 * rejects with a sentence where the file is too large for this browser.
 */
export const openSink = async (name: string, size: number): Promise<Sink | undefined> => {
  if (size <= unaskedMax) return memorySink();
  const { showSaveFilePicker } = window as SavePicker;
  if (showSaveFilePicker === undefined) {
    if (size <= memoryMax) return memorySink();
    throw new Error("This browser holds files of at most 1 GB. In a terminal: signalbox files get");
  }
  try {
    const handle = await showSaveFilePicker.call(window, { suggestedName: name });
    return diskSink(await handle.createWritable());
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return undefined;
    throw error;
  }
};
