// SPDX-License-Identifier: MIT
/** `signalbox files …` */
import { basename } from "node:path";
import { loadWebRtc, missingWebRtc, type NodeWebRtc } from "@signalbox/video";
import type { Entry } from "../file/index.ts";
import { fileChannel, fileService, filesOver } from "../file/index.ts";
import { folderSource, newHash } from "../file/node/folder.ts";
import {
  filesHelp,
  getHelp,
  type ListRequest,
  listHelp,
  readGet,
  readList,
  readShare,
  type ShareRequest,
  shareHelp,
} from "./files-options.ts";
import { getFile } from "./get-file.ts";
import { type Command, type CommandIo, type Status, status } from "./io.ts";
import { meetDevice, reasonOf, serveUntilEnd, speech } from "./meet.ts";
import { isMisuse } from "./options.ts";
import { systemGround } from "./system-ground.ts";

const share = async ({ folder, hidden, device }: ShareRequest, io: CommandIo, webRtc: NodeWebRtc) => {
  const said = speech("files share", io, device.quiet);
  try {
    const source = await folderSource(folder, { hidden });
    // Who gives the device a name shows that one only, and not how the folder is called here.
    const label = device.displayName === undefined ? basename(folder) : "";
    const service = fileService({ source, label, newHash, timer: systemGround });
    return await serveUntilEnd(device, [service], { webRtc, io, speech: said });
  } catch (error) {
    said.complain(reasonOf(error));
    return status.failed;
  }
};

/** What a device names must not steer the terminal it is shown on. */
const shown = (name: string): string => name.replace(/\p{C}/gu, "\ufffd");

const lineOf = ({ name, kind, size, modified }: Entry): string => {
  const time = modified === undefined ? "-" : new Date(modified).toISOString().slice(0, 19);
  const isFolder = kind === "folder";
  return `${(isFolder ? "-" : String(size ?? "-")).padStart(14)}  ${time.padEnd(19)}  ${shown(name)}${isFolder ? "/" : ""}\n`;
};

const list = async ({ path, json, client }: ListRequest, io: CommandIo, webRtc: NodeWebRtc) => {
  const { complain } = speech("files list", io, client.quiet);
  try {
    const { signal } = io;
    const connection = await meetDevice(client, "file", "1", webRtc, { channels: [fileChannel], signal });
    const files = filesOver(connection, systemGround);
    const stop = () => files.close();
    signal.addEventListener("abort", stop);
    try {
      for await (const page of files.list(path))
        for (const entry of page) io.stdout.write(json ? `${JSON.stringify(entry)}\n` : lineOf(entry));
    } finally {
      signal.removeEventListener("abort", stop);
      files.close();
    }
    return status.done;
  } catch (error) {
    if (io.signal.aborted) return status.done;
    complain(reasonOf(error));
    return status.failed;
  }
};

export const filesCommand: Command = async ([name, ...args], io) => {
  const say = (text: string): Status => {
    io.stdout.write(text);
    return status.done;
  };
  const refuse = (sentence: string): Status => {
    io.stderr.write(`signalbox files: ${sentence}\n`);
    return status.misused;
  };
  const run = async <R extends object>(
    request: R | "help" | { readonly problem: string },
    help: string,
    start: (request: R, io: CommandIo, webRtc: NodeWebRtc) => Promise<Status>,
  ): Promise<Status> => {
    if (request === "help") return say(help);
    if (isMisuse(request)) return refuse(request.problem);
    const webRtc = await loadWebRtc();
    if (webRtc !== undefined) return start(request as R, io, webRtc);
    io.stderr.write(`signalbox files: ${missingWebRtc}\n`);
    return status.failed;
  };
  switch (name) {
    case "share":
      return run(readShare(args, io.environment), shareHelp, share);
    case "list":
      return run(readList(args, io.environment), listHelp, list);
    case "get":
      return run(readGet(args, io.environment), getHelp, getFile);
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return say(filesHelp);
    default:
      return refuse(`there is no command ${JSON.stringify(name)}; there are share, list and get`);
  }
};
