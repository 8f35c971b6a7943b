// SPDX-License-Identifier: MIT
/** `signalbox lan …` */
import { type CallSurroundings, runCall } from "./call.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import { listHelp, readList, runList } from "./list.ts";
import { callHelp, readCall } from "./options.ts";

export const lanHelp = `Usage: signalbox lan call ID [options]
       signalbox lan answer ID [options]
       signalbox lan list [options]

Calls on the local network without any server, as Flitter's !broadcast makes them, and shows who announces itself there.
Each has a --help of its own.
`;

/** Runs what is asked, and gives the status for whoever asked. */
export const lanCommand = async (
  [name, ...args]: readonly string[],
  io: CommandIo,
  surroundings: CallSurroundings = {},
): Promise<Status> => {
  const say = (text: string): Status => {
    io.stdout.write(text);
    return status.done;
  };
  const refuse = (sentence: string): Status => {
    io.stderr.write(`signalbox lan: ${sentence}\n`);
    return status.misused;
  };
  switch (name) {
    case "call":
    case "answer": {
      const request = readCall(name, args, io.environment);
      if (request === "help") return say(callHelp(name));
      if ("problem" in request) return refuse(request.problem);
      return runCall(request, io, surroundings);
    }
    case "list": {
      const request = readList(args);
      if (request === "help") return say(listHelp);
      if ("problem" in request) return refuse(request.problem);
      return runList(request, io, surroundings.ground);
    }
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return say(lanHelp);
    default:
      return refuse(`there is no command ${JSON.stringify(name)}; there are call, answer and list`);
  }
};
