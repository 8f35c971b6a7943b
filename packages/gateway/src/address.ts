// SPDX-License-Identifier: MIT
/** Addresses of peers: whose they are behind proxies, and under which name they are counted. */
import { BlockList, isIP } from "node:net";

/** Is this address a proxy whose word about its clients is believed? */
export type Trusts = (address: string) => boolean;

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Without the IPv6 clothing of an IPv4 address (RFC 4291, 2.5.5.2), which a dual-stack socket puts on. */
export const plainAddress = (address: string): string => mapped.exec(address)?.[1] ?? address;

/** The proxies of a list of addresses and CIDR blocks. Undefined where an entry is neither. */
export const trustedProxies = (entries: readonly string[]): Trusts | undefined => {
  const list = new BlockList();
  for (const entry of entries) {
    const slash = entry.indexOf("/");
    const address = slash < 0 ? entry : entry.slice(0, slash);
    const version = isIP(address);
    if (version === 0) return undefined;
    const family = version === 6 ? "ipv6" : "ipv4";
    if (slash < 0) {
      list.addAddress(address, family);
      continue;
    }
    const prefix = entry.slice(slash + 1);
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (version === 6 ? 128 : 32)) return undefined;
    list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
  };
};

/**
 * Who is at the other end: the socket's own address, or what trusted proxies say of it in `X-Forwarded-For`. The
 * header is read from its end, and only as far as each teller is trusted: a client that invents entries gains nothing.
 */
export const peerAddress = (socketAddress: string, forwarded: string | undefined, trusts: Trusts): string => {
  let address = plainAddress(socketAddress);
  if (forwarded === undefined || !trusts(address)) return address;
  const hops = forwarded.split(",");
  for (let index = hops.length - 1; index >= 0; index -= 1) {
    const hop = hopAddress(hops[index] ?? "");
    if (hop === undefined) return address;
    address = hop;
    if (!trusts(address)) return address;
  }
  return address;
};

/** An entry of `X-Forwarded-For`: some proxies add the port, and brackets around IPv6. */
const hopAddress = (entry: string): string | undefined => {
  const trimmed = entry.trim();
  if (isIP(trimmed) !== 0) return plainAddress(trimmed);
  const inner = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1];
  return inner !== undefined && isIP(inner) !== 0 ? plainAddress(inner) : undefined;
};

/**
 * The name under which an address is counted: IPv4 as it is; of IPv6 the first 64 bits, because one customer has at
 * least that many (RFC 6177) and could otherwise take a fresh address for every connection.
 */
export const countedAs = (address: string): string => {
  if (isIP(address) !== 6) return address;
  const [left = "", right] = (address.split("%")[0] ?? "").split("::");
  const head = left === "" ? [] : left.split(":");
  // Where `::` stands in the first half, zeros fill it up to what follows.
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const tailGroups = tail.length + (tail.at(-1)?.includes(".") ? 1 : 0);
  const groups =
    right === undefined ? head : [...head, ...Array<string>(8 - head.length - tailGroups).fill("0"), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
};
