// SPDX-License-Identifier: MIT
/**
 * What each address holds and how fast it goes on: the bounds that one address shares among all its connections.
 *
 * Addresses that hold a connection are always remembered (their number is bounded by `connections`); of the others at
 * most as many as `addressesTracked` leaves room for, the one that was idle longest being forgotten first.
 */
import { type Bucket, fullBucket, type Limits, type Millis, refillMs, take } from "@signalbox/core";
import { countedAs } from "./address.ts";

/** One address, or one IPv6 network. */
export interface AddressRecord {
  readonly name: string;
  /** TCP connections of any state, where the address is nobody's proxy. */
  sockets: number;
  /** Connections that are lines. */
  lines: number;
  readonly handshakes: Bucket;
  readonly frames: Bucket;
  readonly requests: Bucket;
}

export interface AddressBook {
  /** The record of an address, made where there is none. It may be forgotten again unless it is held. */
  of(address: string): AddressRecord;
  hold(record: AddressRecord, what: "sockets" | "lines"): void;
  release(record: AddressRecord, what: "sockets" | "lines"): void;
  /** Takes one handshake: 0, or the time until the next one will be admitted. */
  handshakeWaitMs(record: AddressRecord): Millis;
  /** Takes one frame: 0, or the time until the next one will be admitted. */
  frameWaitMs(record: AddressRecord): Millis;
  /** Takes one HTTP request: 0, or the time until the next one will be admitted. */
  requestWaitMs(record: AddressRecord): Millis;
  /** Addresses remembered. */
  readonly size: number;
}

export const addressBook = (limits: Limits, now: () => Millis): AddressBook => {
  const held = new Map<string, AddressRecord>();
  // In the order in which they became idle.
  const idle = new Map<string, AddressRecord>();

  const forget = (): void => {
    for (const name of idle.keys()) {
      if (held.size + idle.size <= limits.addressesTracked) return;
      idle.delete(name);
    }
  };
  const waitMs = (bucket: Bucket, perSecond: number, burst: number): Millis => {
    if (take(bucket, now(), perSecond, burst)) return 0;
    // A refusal costs nothing: of many that share an address and retry, as many as the steady rate allows get in.
    bucket.tokens += 1;
    return Math.max(1, refillMs(bucket, perSecond));
  };

  return {
    of(address) {
      const name = countedAs(address);
      const known = held.get(name) ?? idle.get(name);
      if (known !== undefined) return known;
      const record: AddressRecord = {
        name,
        sockets: 0,
        lines: 0,
        handshakes: fullBucket(limits.handshakeBurstPerAddress, now()),
        frames: fullBucket(limits.frameBurstPerAddress, now()),
        requests: fullBucket(limits.requestBurstPerAddress, now()),
      };
      idle.set(name, record);
      forget();
      return record;
    },
    hold(record, what) {
      if (record.sockets + record.lines === 0) {
        idle.delete(record.name);
        held.set(record.name, record);
        forget();
      }
      record[what] += 1;
    },
    release(record, what) {
      record[what] -= 1;
      if (record.sockets + record.lines > 0) return;
      held.delete(record.name);
      idle.set(record.name, record);
      forget();
    },
    handshakeWaitMs: (record) =>
      waitMs(record.handshakes, limits.handshakesPerSecondPerAddress, limits.handshakeBurstPerAddress),
    frameWaitMs: (record) =>
      waitMs(record.frames, limits.framesPerSecondPerAddress, limits.frameBurstPerAddress),
    requestWaitMs: (record) =>
      waitMs(record.requests, limits.requestsPerSecondPerAddress, limits.requestBurstPerAddress),
    get size() {
      return held.size + idle.size;
    },
  };
};
