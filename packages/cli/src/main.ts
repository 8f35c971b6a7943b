// SPDX-License-Identifier: MIT
/** The `signalbox` command. */
import { lanCommand } from "@signalbox/lan/command";
import { peerCommands } from "@signalbox/peers/command";
import { helpText, isProblem, mountKeys, readConfiguration, suggestion, version } from "@signalbox/server";
import { runCommand } from "./command.ts";
import { nodesHelp, readNodesRequest, showNodes } from "./nodes.ts";
import { serve } from "./serve.ts";
import { isDevice, supervise, supervisedBy } from "./supervise.ts";

const usage = `Usage: signalbox serve [options]
       signalbox nodes [options]
       signalbox lan call|answer|list [options]
       signalbox files share|list|get [options]
       signalbox camera serve|view|recordings [options]
       signalbox sensor serve|read|history|watch [options]

Runs a WebRTC rendezvous server. \`signalbox serve --help\` lists its options.
Or shows the servers that work together through one Redis: \`signalbox nodes --help\`.
Or calls on the local network without any server: \`signalbox lan --help\`.
Or is a device on such a server, or looks at one: each of these has a --help of its own.
`;

/** Status for a command line or configuration that makes no sense. */
const misused = 2;

const say = (text: string): void => {
  process.stdout.write(text);
};

/** One line, and the status for whoever started it. */
const refuse = (command: string, problem: string): void => {
  process.stderr.write(`${command}: ${problem}\n`);
  process.exitCode = misused;
};

const run = async (command: string, args: readonly string[], onlyFlitter: boolean): Promise<void> => {
  const configuration = await readConfiguration({ args, environment: process.env, mountKeys, onlyFlitter });
  if (isProblem(configuration)) return refuse(command, configuration.problem);
  switch (configuration.kind) {
    case "help":
      return say(helpText(command, mountKeys, onlyFlitter));
    case "version":
      return say(`${version}\n`);
    case "serve":
      return serve(command, configuration);
  }
};

const nodes = async (args: readonly string[]): Promise<void> => {
  const command = "signalbox nodes";
  const request = await readNodesRequest(args, process.env);
  if (request === "help") return say(nodesHelp);
  if (isProblem(request)) return refuse(command, request.problem);
  process.exitCode = await showNodes(request, say, (sentence) => {
    process.stderr.write(`${command}: ${sentence}\n`);
  });
};

const main = async ([name, ...args]: readonly string[]): Promise<void> => {
  const peer = name !== undefined && Object.hasOwn(peerCommands, name) ? peerCommands[name] : undefined;
  if (peer !== undefined) {
    const whole = [name ?? "", ...args];
    const isAlone = process.env[supervisedBy] === undefined;
    return isAlone && isDevice(whole) ? supervise(whole) : runCommand(peer, args);
  }
  switch (name) {
    case "serve":
      return run("signalbox serve", args, false);
    case "nodes":
      return nodes(args);
    case "lan":
      return runCommand(lanCommand, args);
    case "flitter_webrtc":
      return run("flitter_webrtc", args, true);
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return say(usage);
    case "version":
    case "--version":
    case "-V":
      return say(`${version}\n`);
    default:
      return refuse(
        "signalbox",
        `there is no command ${JSON.stringify(name)}${suggestion(name, ["serve", "nodes", "lan", ...Object.keys(peerCommands), "help", "version"])}`,
      );
  }
};

await main(process.argv.slice(2));
