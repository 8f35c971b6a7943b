// SPDX-License-Identifier: MIT
/** Command lines of `signalbox files`. */
import {
  type ClientChoice,
  clientChoice,
  clientHelp,
  clientOptions,
  type DeviceChoice,
  deviceChoice,
  deviceHelp,
  deviceOptions,
  isMisuse,
  type Misuse,
  readArgs,
} from "./options.ts";

type Environment = { readonly [name: string]: string | undefined };

export const filesHelp = `Usage: signalbox files share FOLDER [options]
       signalbox files list [PATH] [options]
       signalbox files get PATH [options]

Shares a folder read-only with whoever finds it, lists such folders, and fetches files from them: straight from one
machine to the other, checked by SHA-256, going on where a broken connection ended. Each has a --help of its own.
`;

export const shareHelp = `Usage: signalbox files share FOLDER [options]

Shares a folder, read-only, until it is told to end. Nothing outside it can be reached, whatever links it holds.

      --hidden        also what begins with a dot
${deviceHelp}`;

export const listHelp = `Usage: signalbox files list [PATH] [options]

Shows what a shared folder holds: size, time, name; folders end with a slash.

      --json          one JSON object on each line
${clientHelp}`;

export const getHelp = `Usage: signalbox files get PATH [options]

Fetches a file and checks its SHA-256. Until it is whole it is called NAME.part; the same command again goes on from
there, if the file is still the same. Progress is told on standard error.

  -o, --output FILE   where it goes; - is standard output; default: its name, here
  -f, --force         in place of a file that is there
${clientHelp}`;

export interface ShareRequest {
  readonly folder: string;
  readonly hidden: boolean;
  readonly device: DeviceChoice;
}

export interface ListRequest {
  readonly path: string;
  readonly json: boolean;
  readonly client: ClientChoice;
}

export interface GetRequest {
  readonly path: string;
  readonly output: string | undefined;
  readonly force: boolean;
  readonly client: ClientChoice;
}

export const readShare = (
  args: readonly string[],
  environment: Environment,
): ShareRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: { ...deviceOptions, hidden: { type: "boolean" } },
    allowPositionals: true,
  });
  if (isMisuse(found)) return found;
  const { values, positionals } = found;
  if (values.help === true) return "help";
  const [folder, ...more] = positionals;
  if (folder === undefined || folder === "") return { problem: "say which folder to share" };
  if (more.length > 0) return { problem: `one folder is enough, not also ${JSON.stringify(more[0])}` };
  const device = deviceChoice(values, environment);
  return isMisuse(device) ? device : { folder, hidden: values.hidden === true, device };
};

/** People write a slash around paths; file/1 has none there. */
const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, "");

export const readList = (
  args: readonly string[],
  environment: Environment,
): ListRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: { ...clientOptions, json: { type: "boolean" } },
    allowPositionals: true,
  });
  if (isMisuse(found)) return found;
  const { values, positionals } = found;
  if (values.help === true) return "help";
  const [path = "", ...more] = positionals;
  if (more.length > 0) return { problem: `one path is enough, not also ${JSON.stringify(more[0])}` };
  const client = clientChoice(values, environment);
  return isMisuse(client) ? client : { path: trimmed(path), json: values.json === true, client };
};

export const readGet = (args: readonly string[], environment: Environment): GetRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: {
      ...clientOptions,
      output: { type: "string", short: "o" },
      force: { type: "boolean", short: "f" },
    },
    allowPositionals: true,
  });
  if (isMisuse(found)) return found;
  const { values, positionals } = found;
  if (values.help === true) return "help";
  const [path = "", ...more] = positionals;
  if (trimmed(path) === "") return { problem: "say which file to get" };
  if (more.length > 0) return { problem: `one file is enough, not also ${JSON.stringify(more[0])}` };
  if (values.output === "") return { problem: "--output: name a file, or - for standard output" };
  const client = clientChoice(values, environment);
  if (isMisuse(client)) return client;
  return { path: trimmed(path), output: values.output, force: values.force === true, client };
};
