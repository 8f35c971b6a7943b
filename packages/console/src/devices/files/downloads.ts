// SPDX-License-Identifier: MIT
/** Downloads of one view: each over a connection of its own, going on by itself where that breaks. */
import { connect } from "@signalbox/client/peernet";
import { baseName, FileError, fetchFile, fileChannel, filesOver } from "@signalbox/peers/file";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Access } from "../access.ts";
import { newHash, timer } from "./page-ground.ts";
import { openSink, type Sink } from "./sinks.ts";

export type DownloadPhase =
  | { readonly is: "moving" }
  /** The connection broke, and is tried again. */
  | { readonly is: "again" }
  /** Checked. `href`: where it can be saved from; none where it is on the disk already. */
  | { readonly is: "whole"; readonly href: string | undefined; readonly sha256: string }
  | { readonly is: "failed"; readonly sentence: string };

export interface Download {
  readonly key: number;
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly moved: number;
  readonly phase: DownloadPhase;
}

/** Downloads in sight at once. */
const shownMax = 20;
/** Between two drawings of the progress. Milliseconds. */
const drawMs = 100;

export interface Downloads {
  readonly list: readonly Download[];
  start(path: string, size: number): Promise<void>;
  /** Ends it, or takes it out of sight. */
  remove(key: number): void;
}

/** Puts the file where the browser keeps downloads. */
const save = (href: string, name: string): void => {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
};

export const useDownloads = (access: Access, service: string): Downloads => {
  const [list, setList] = useState<readonly Download[]>([]);
  const running = useRef(new Map<number, AbortController>());
  const hrefs = useRef(new Map<number, string>());
  const count = useRef(0);
  useEffect(
    () => () => {
      for (const one of running.current.values()) one.abort();
      for (const href of hrefs.current.values()) URL.revokeObjectURL(href);
    },
    [],
  );

  const change = (key: number, fields: Partial<Download>): void =>
    setList((before) => before.map((one) => (one.key === key ? { ...one, ...fields } : one)));

  const fetchInto = async (key: number, path: string, size: number, sink: Sink, signal: AbortSignal) => {
    let drawnAt = 0;
    try {
      const { sha256 } = await fetchFile({
        connect: async (ended) =>
          filesOver(
            await connect({
              ...access,
              to: service,
              channels: [fileChannel],
              ...(ended && { signal: ended }),
            }),
            timer,
          ),
        path,
        hash: newHash(),
        // It became larger than what was agreed to since it was listed.
        begin(file) {
          if (file.size !== size) throw new FileError("CHANGED", "The file changed meanwhile.");
        },
        write: sink.write,
        onProgress(moved) {
          if (performance.now() - drawnAt < drawMs) return;
          drawnAt = performance.now();
          change(key, { moved, phase: { is: "moving" } });
        },
        onBroken: () => change(key, { phase: { is: "again" } }),
        timer,
        signal,
      });
      const href = await sink.finish();
      if (href !== undefined) {
        hrefs.current.set(key, href);
        save(href, baseName(path));
      }
      change(key, { moved: size, phase: { is: "whole", href, sha256 } });
    } catch (error) {
      await sink.discard();
      if (signal.aborted) return;
      const sentence = error instanceof Error ? error.message : String(error);
      change(key, { phase: { is: "failed", sentence } });
    } finally {
      running.current.delete(key);
    }
  };

  return {
    list,
    async start(path, size) {
      count.current += 1;
      const key = count.current;
      const name = baseName(path);
      const shown = (phase: DownloadPhase): void =>
        setList((before) => [{ key, path, name, size, moved: 0, phase }, ...before].slice(0, shownMax));
      try {
        const sink = await openSink(name, size);
        if (sink === undefined) return;
        const end = new AbortController();
        running.current.set(key, end);
        shown({ is: "moving" });
        await fetchInto(key, path, size, sink, end.signal);
      } catch (error) {
        shown({ is: "failed", sentence: error instanceof Error ? error.message : String(error) });
      }
    },
    remove(key) {
      running.current.get(key)?.abort();
      const href = hrefs.current.get(key);
      if (href !== undefined) URL.revokeObjectURL(href);
      hrefs.current.delete(key);
      setList((before) => before.filter((one) => one.key !== key));
    },
  };
};
