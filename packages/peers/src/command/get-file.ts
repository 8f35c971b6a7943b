// SPDX-License-Identifier: MIT
/** `signalbox files get`: a file, onto the disk or to standard output. */
import { once } from "node:events";
import { lstat } from "node:fs/promises";
import type { NodeWebRtc } from "@signalbox/video";
import { baseName, type FileEntry, FileError, fetchFile, fileChannel, filesOver } from "../file/index.ts";
import { newHash } from "../file/node/folder.ts";
import { openPartial, type Partial } from "../file/node/partial.ts";
import type { GetRequest } from "./files-options.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import { meetDevice, reasonOf, speech } from "./meet.ts";
import { progressLine } from "./progress.ts";
import { systemGround } from "./system-ground.ts";

/** Standard output as a place for a file: nothing to resume, and nothing to take back. */
const streamed = ({ stdout }: CommandIo): Partial => ({
  begun: undefined,
  begin: async () => {},
  async write(bytes) {
    if (!stdout.write(bytes)) await once(stdout, "drain");
  },
  finish: async () => {},
  leave: async () => {},
  discard: async () => {},
});

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

export const getFile = async (request: GetRequest, io: CommandIo, webRtc: NodeWebRtc): Promise<Status> => {
  const { path, client, force } = request;
  const { tell, complain } = speech("files get", io, client.quiet);
  const target = request.output ?? baseName(path);
  const progress = progressLine(io.stderr, client.quiet, systemGround.now);
  try {
    if (target !== "-" && !force && (await isThere(target)))
      throw new Error(`${target} is there already; --force puts the file in its place`);
    const origin = [client.url, client.device ?? "", client.room ?? "", path].join(" ");
    const open = () => (target === "-" ? streamed(io) : openPartial(target, { origin, newHash }));
    let place = await open();
    if (place.begun !== undefined) tell(`goes on after ${place.begun.bytes} bytes`);

    const fetchInto = async (into: Partial): Promise<FileEntry & { readonly sha256: string }> =>
      fetchFile({
        connect: async (signal) =>
          filesOver(
            await meetDevice(client, "file", "1", webRtc, {
              channels: [fileChannel],
              ...(signal === undefined ? {} : { signal }),
            }),
            systemGround,
          ),
        path,
        hash: into.begun?.hash ?? newHash(),
        ...(into.begun === undefined ? {} : { begun: into.begun }),
        begin: into.begin,
        write: into.write,
        onProgress: progress.show,
        onBroken: (error) => progress.around(() => tell(`${reasonOf(error)} Trying again.`)),
        timer: systemGround,
        signal: io.signal,
      });

    try {
      let file: FileEntry & { readonly sha256: string };
      try {
        file = await fetchInto(place);
      } catch (error) {
        // What was begun is no part of the file that is there now: that one is fetched from its start.
        if (!(error instanceof FileError && error.reason === "CHANGED" && place.begun !== undefined))
          throw error;
        progress.around(() => tell("The file changed since it was begun. From its start again."));
        await place.discard();
        place = await open();
        file = await fetchInto(place);
      }
      await place.finish(file);
      progress.end();
      tell(`${target === "-" ? path : target}: ${file.size} bytes, SHA-256 ${file.sha256}`);
      return status.done;
    } catch (error) {
      const isUseless =
        error instanceof FileError && ["CHANGED", "CORRUPT", "NOT_FOUND"].includes(error.reason);
      await (isUseless ? place.discard() : place.leave());
      throw error;
    }
  } catch (error) {
    progress.end();
    complain(io.signal.aborted ? "ended; the same command again goes on from here" : reasonOf(error));
    return status.failed;
  }
};
