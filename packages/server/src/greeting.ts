// SPDX-License-Identifier: MIT
/** What is printed at the start. The first line is for programs too; the rest is for people. */
import { networkInterfaces } from "node:os";
import { renderUnicodeCompact } from "uqr";
import type { RunningServer } from "./compose.ts";
import type { ServerConfig } from "./config/configuration.ts";

export interface GreetingParts {
  readonly server: Pick<RunningServer, "url" | "port">;
  readonly config: ServerConfig;
  /** Is a person reading? */
  readonly terminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  /** This machine's address on its network. Default: asked of the system. */
  readonly lanAddress?: string | undefined;
}

export const greeting = (parts: GreetingParts): readonly string[] => {
  const { server, config, terminal, columns } = parts;
  const where = config.redis === undefined ? (config.data ?? "memory") : "Redis";
  const first = `Signalbox listening on ${server.url} (data in ${where})`;
  const warning =
    config.tls === "self-signed"
      ? [
          "Its certificate is its own: a browser will warn once that the connection is not private; choose to go on there.",
        ]
      : [];
  if (!terminal) return [first, ...warning];
  const elsewhere = config.publicUrl ?? lanUrl(server.url, config.host, parts.lanAddress ?? lanAddress());
  const open = elsewhere ?? server.url;
  const code = qrCode(`${open}/`, columns);
  return [
    first,
    elsewhere === undefined
      ? `Open ${open}/ on this machine.`
      : `Open ${server.url}/ here, or ${elsewhere}/ on another device.`,
    ...warning,
    ...(elsewhere === undefined ? [] : code),
  ];
};

/** The same server, as the rest of the network reaches it; undefined where it listens on one interface only. */
const lanUrl = (url: string, host: string | undefined, address: string | undefined): string | undefined => {
  const everywhere = host === undefined || host === "0.0.0.0" || host === "::";
  if (everywhere) return address === undefined ? undefined : url.replace("//localhost", `//${address}`);
  return host === "localhost" || host === "::1" || host.startsWith("127.") ? undefined : url;
};

const lanAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

/** The address as a QR code for a camera; nothing where the terminal is too narrow for it. */
const qrCode = (url: string, columns: number): readonly string[] => {
  const lines = renderUnicodeCompact(url, { border: 2 }).split("\n");
  return lines.every((line) => line.length <= columns) ? ["", ...lines] : [];
};
