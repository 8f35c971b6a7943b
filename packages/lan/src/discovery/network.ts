// SPDX-License-Identifier: MIT
/** The discovery port on every network this machine is on. */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { namesMax } from "./announcement.ts";

/** UDP port of discovery. Not one that IANA has given to somebody. */
export const discoveryPort = 51_115;
/** Multicast group: administratively scoped (RFC 2365), so routers keep it in. */
export const discoveryGroup = "239.255.51.11";

export interface DiscoveryNetwork {
  /** IPv4 addresses this machine sends from. */
  addresses(): readonly string[];
  /** Sends a datagram to everybody who listens. */
  send(packet: Buffer): void;
  onDatagram: ((packet: Buffer, from: string) => void) | undefined;
  /** A network could not be used. The others go on. */
  onError: ((error: Error) => void) | undefined;
  /** Settles when what was sent before is out. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  /** Default 51115. */
  readonly port?: number;
  /** Default 239.255.51.11. */
  readonly group?: string;
  /** Where it is also sent, for networks that lose multicast. Default 255.255.255.255. */
  readonly broadcast?: string;
  /** IPv4 addresses, or names, of the interfaces to use. Default: all IPv4 ones but loopback; loopback where there is no other. The first 16 count. */
  readonly interfaces?: readonly string[];
}

const ownAddresses = (): readonly string[] => {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const ipv4 = all.filter(({ family }) => family === "IPv4");
  const outer = ipv4.filter(({ internal }) => !internal);
  return (outer.length > 0 ? outer : ipv4).map(({ address }) => address);
};

/** An interface as an announcement names it. Rejects where a name has no IPv4 address. */
export const ipv4Of = async (host: string): Promise<string> =>
  isIPv4(host) ? host : (await lookup(host, { family: 4 })).address;

const bound = (
  socket: Socket,
  options: { readonly port: number; readonly address?: string },
): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options, () => {
      socket.off("error", reject);
      resolve();
    });
  });

/** Opens the discovery port. Rejects where it cannot be bound, or a name has no address; several processes may share it. */
export const openDiscovery = async (options: NetworkOptions = {}): Promise<DiscoveryNetwork> => {
  const { port = discoveryPort, group = discoveryGroup, broadcast = "255.255.255.255" } = options;
  const given = options.interfaces && (await Promise.all(options.interfaces.map(ipv4Of)));
  // As many as an announcement can name: what comes from another one is not believed.
  const addresses = () => (given ?? ownAddresses()).slice(0, namesMax.addresses);
  const listening = createSocket({ type: "udp4", reuseAddr: true });
  await bound(listening, { port });
  const senders = new Map<string, Promise<Socket | undefined>>();
  const under = new Set<Promise<void>>();
  let closed = false;

  const network: { -readonly [K in keyof DiscoveryNetwork]: DiscoveryNetwork[K] } = {
    addresses,
    onDatagram: undefined,
    onError: undefined,
    send(packet) {
      if (closed) return;
      follow();
      for (const sender of senders.values()) {
        const sent = sender.then((socket) => (socket === undefined ? undefined : sendBoth(socket, packet)));
        under.add(sent);
        void sent.finally(() => under.delete(sent));
      }
    },
    async close() {
      closed = true;
      network.onDatagram = undefined;
      network.onError = undefined;
      await Promise.all(under);
      listening.close();
      for (const sender of senders.values()) (await sender)?.close();
    },
  };
  const complain = (error: Error) => network.onError?.(error);
  const sendBoth = async (socket: Socket, packet: Buffer): Promise<void> => {
    const to = (address: string) =>
      new Promise<Error | null>((resolve) => socket.send(packet, port, address, resolve));
    const errors = await Promise.all([to(group), to(broadcast)]);
    // One of the two ways is enough.
    if (errors[0] && errors[1]) complain(errors[0]);
  };
  /** One sender for each address of this moment: laptops change networks. */
  const follow = () => {
    const current = new Set(addresses());
    for (const address of current) if (!senders.has(address)) senders.set(address, open(address));
    for (const [address, sender] of senders) {
      if (current.has(address)) continue;
      senders.delete(address);
      void sender.then((socket) => socket?.close());
    }
  };
  const open = async (address: string): Promise<Socket | undefined> => {
    try {
      listening.addMembership(group, address);
    } catch (error) {
      // Already a member after a network came back, or no multicast there: broadcasts are heard all the same.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    try {
      await bound(socket, { port: 0, address });
      socket.setBroadcast(true);
      socket.setMulticastInterface(address);
      // Not beyond this network (RFC 1112).
      socket.setMulticastTTL(1);
      socket.on("error", complain);
      return socket;
    } catch (error) {
      senders.delete(address);
      socket.close();
      complain(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };
  listening.on("message", (packet, { address }) => network.onDatagram?.(packet, address));
  listening.on("error", complain);
  follow();
  return network;
};
