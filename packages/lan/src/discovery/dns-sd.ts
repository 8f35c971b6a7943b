// SPDX-License-Identifier: MIT
/**
 * A server under a name that phones and desktops list by themselves: DNS-SD over multicast DNS (RFC 6763, RFC 6762), as
 * `_signalbox._tcp`. It is only published, never read: nothing in it is signed. docs/decisions/008 says what was seen.
 */
import { createSocket, type Socket } from "node:dgram";
import { Bonjour, type ServiceConfig } from "bonjour-service";
import { type Rate, turnstile } from "../allowance.ts";
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";
import { ipv4Of } from "./network.ts";

export const dnsSdType = "signalbox";

/**
 * Datagrams sent. The library answers each question with a multicast of its own, however many there are in a packet;
 * what is sent answers everybody, so a few a second are enough.
 */
export const dnsSdSendRate: Rate = { perSecond: 5, burst: 10 };
/** Datagrams looked at: a busy network of phones has some tens a second. */
export const dnsSdReadRate: Rate = { perSecond: 500, burst: 1_000 };

export interface DnsSdOptions {
  /** Name for people, up to 63 bytes of UTF-8; a dot in it becomes a hyphen. Has to be the only one of its kind here. */
  readonly name: string;
  /** Under which the addresses of this machine stand: `NAME.local`. */
  readonly host: string;
  readonly port: number;
  /** What is told besides: each text up to 200 bytes. */
  readonly texts: { readonly [key: string]: string };
  /** IPv4 address, or name, of the interface that is used. Default: that of the default route. */
  readonly address?: string;
  readonly onError?: (error: Error) => void;
  readonly ground?: Pick<LanGround, "now">;
  /** For tests: not the port of multicast DNS, 5353. */
  readonly mdnsPort?: number;
}

export interface DnsSd {
  /** Says goodbye and frees the port. */
  close(): Promise<void>;
}

/** Label of the DNS. Bytes. */
const labelBytesMax = 63;

/** A name cut to a label of the DNS, whole characters only. */
export const dnsLabel = (name: string): string => {
  let label = "";
  for (const character of name.replaceAll(".", "-")) {
    if (Buffer.byteLength(label + character) > labelBytesMax) break;
    label += character;
  }
  return label;
};

/** Starts to publish. Rejects where the port cannot be bound, or a name has no address; several programs may share it. */
export const publishDnsSd = async (options: DnsSdOptions): Promise<DnsSd> => {
  const { name, host, port, texts, address, mdnsPort = 5_353 } = options;
  const { ground = systemGround, onError = () => {} } = options;
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const guard = guarded(socket, ground, onError);
  const settings: Partial<ServiceConfig> & { readonly socket: Socket; readonly bind: false } = {
    socket,
    bind: false,
    port: mdnsPort,
    ...(address === undefined ? {} : { interface: await ipv4Of(address) }),
  };
  const bonjour = new Bonjour(settings, onError);
  await new Promise<void>((resolve, reject) => {
    guard.onError = reject;
    // Bound to the interface's own address, the socket would hear no multicast on Linux.
    socket.bind(mdnsPort, resolve);
  });
  guard.onError = onError;
  bonjour.publish({
    name: dnsLabel(name),
    type: dnsSdType,
    host: `${host}.local`,
    port,
    txt: texts,
    // Where the name is taken, the library would say so on standard output and give up.
    probe: false,
  });
  let closing: Promise<void> | undefined;
  const close = () =>
    new Promise<void>((resolve) => {
      guard.isOpen = true;
      bonjour.unpublishAll(() => bonjour.destroy(resolve));
    });
  return { close: () => (closing ??= close()) };
};

interface Guard {
  onError: (error: Error) => void;
  /** Everything may be sent. */
  isOpen: boolean;
}

/** Bounds what a socket sends and reads; what is over the bound is lost, as any datagram may be. Its errors end here. */
const guarded = (socket: Socket, { now }: Pick<LanGround, "now">, onError: Guard["onError"]): Guard => {
  const sends = turnstile(dnsSdSendRate, now());
  const reads = turnstile(dnsSdReadRate, now());
  const guard: Guard = { onError, isOpen: false };
  const { send, emit } = socket;
  Object.assign(socket, {
    send(...args: readonly unknown[]) {
      if (guard.isOpen || sends.pass(now())) return Reflect.apply(send, socket, args);
      const done = args.at(-1);
      if (typeof done === "function") done(null);
    },
    emit(event: string | symbol, ...args: readonly unknown[]) {
      if (event === "message" && !reads.pass(now())) return false;
      if (event !== "error") return Reflect.apply(emit, socket, [event, ...args]);
      // The library would throw some of them where nobody catches them.
      const [error] = args;
      guard.onError(error instanceof Error ? error : new Error(String(error)));
      return true;
    },
  });
  return guard;
};
