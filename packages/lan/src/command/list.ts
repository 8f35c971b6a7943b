// SPDX-License-Identifier: MIT
/** `signalbox lan list`: who announces itself on the local network. */
import { parseArgs } from "node:util";
import { type Discovery, startDiscovery } from "../discovery/discovery.ts";
import { type Neighbour, reachableUrl } from "../discovery/neighbour.ts";
import { discoveryPort, type NetworkOptions } from "../discovery/network.ts";
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import { type Misuse, numberIn, parsed } from "./options.ts";

export const listHelp = `Usage: signalbox lan list [options]

Shows the peers and servers that announce themselves on the local network.

  --for SECONDS       how long to listen; default: 2
  --watch             listen on, and also tell who goes
  --service NAME      only those that offer this service
  --json              one JSON object on each line
  --port PORT         the UDP port of discovery; default: ${discoveryPort}
  --host ADDRESS      the address of this machine to use; default: each but loopback
  --broadcast ADDRESS where is also asked, beside the multicast group; default: 255.255.255.255

What is shown was signed by the key that stands behind it. Whose key that is nobody has checked.
`;

export interface ListRequest {
  readonly network: NetworkOptions;
  readonly seconds: number;
  readonly watch: boolean;
  readonly service: string | undefined;
  readonly json: boolean;
}

const defaultSeconds = 2;

export const readList = (args: readonly string[]): ListRequest | "help" | Misuse => {
  const found = parsed(() =>
    parseArgs({
      args: [...args],
      options: {
        for: { type: "string" },
        watch: { type: "boolean" },
        service: { type: "string" },
        json: { type: "boolean" },
        port: { type: "string" },
        host: { type: "string" },
        broadcast: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if ("problem" in found) return found;
  const { values } = found;
  if (values.help) return "help";
  const seconds = numberIn("for", values.for, 0.1, 1_000_000, false);
  if (typeof seconds === "object") return seconds;
  const port = numberIn("port", values.port, 1, 65_535, true);
  if (typeof port === "object") return port;
  return {
    network: {
      ...(port === undefined ? {} : { port }),
      ...(values.host === undefined ? {} : { interfaces: [values.host] }),
      ...(values.broadcast === undefined ? {} : { broadcast: values.broadcast }),
    },
    seconds: seconds ?? defaultSeconds,
    watch: values.watch ?? false,
    service: values.service,
    json: values.json ?? false,
  };
};

/** How one is reached, for people. */
const placeOf = (neighbour: Neighbour): string => {
  const url = reachableUrl(neighbour);
  if (url !== undefined) return url;
  const { call } = neighbour;
  return call === undefined
    ? neighbour.address
    : `call ${call.id}${call.port === 5111 ? "" : ` on port ${call.port}`}`;
};

const lineOf = (neighbour: Neighbour): string => {
  const services = neighbour.services.map(({ name, protocol }) => `${name} (${protocol})`).join(", ");
  const columns = [
    neighbour.kind.padEnd(6),
    neighbour.name.padEnd(20),
    placeOf(neighbour).padEnd(30),
    services || "-",
  ];
  return `${columns.join("  ")}  ${neighbour.key.slice(0, 8)}\n`;
};

const jsonOf = (neighbour: Neighbour, present: boolean): string => {
  const { until: _, ...said } = neighbour;
  const url = reachableUrl(neighbour);
  return `${JSON.stringify({ ...said, ...(url === undefined ? {} : { url }), present })}\n`;
};

/** Lists until its time is over or it is told to end. */
export const runList = async (
  request: ListRequest,
  io: CommandIo,
  ground: LanGround = systemGround,
): Promise<Status> => {
  const { json, service, watch } = request;
  const shown = new Map<string, Neighbour>();
  const show = (neighbours: readonly Neighbour[]) => {
    const wanted = neighbours.filter(
      ({ services }) => service === undefined || services.some(({ name }) => name === service),
    );
    for (const neighbour of wanted) {
      const before = shown.get(neighbour.key);
      shown.set(neighbour.key, neighbour);
      if (before === undefined || lineOf(before) !== lineOf(neighbour)) {
        io.stdout.write(json ? jsonOf(neighbour, true) : lineOf(neighbour));
      }
    }
    for (const [key, neighbour] of shown) {
      if (wanted.some((other) => other.key === key)) continue;
      shown.delete(key);
      if (watch) io.stdout.write(json ? jsonOf(neighbour, false) : `gone: ${neighbour.name}\n`);
    }
  };
  let discovery: Discovery;
  try {
    discovery = await startDiscovery({
      ...request.network,
      ground,
      onChange: show,
      onError: (error) => io.stderr.write(`signalbox lan list: ${error.message}\n`),
    });
  } catch (error) {
    io.stderr.write(`signalbox lan list: ${error instanceof Error ? error.message : String(error)}\n`);
    return status.failed;
  }
  discovery.ask();
  await new Promise<void>((resolve) => {
    const cancel = watch ? () => {} : ground.after(request.seconds * 1_000, resolve);
    const end = () => {
      cancel();
      resolve();
    };
    if (io.signal.aborted) return end();
    io.signal.addEventListener("abort", end);
  });
  if (shown.size === 0 && !json && !watch)
    io.stderr.write("signalbox lan list: nobody announces itself here\n");
  await discovery.close();
  return status.done;
};
