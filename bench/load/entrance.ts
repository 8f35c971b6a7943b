// SPDX-License-Identifier: MIT
/** Peers that come in. */
import { textFrame } from "./frames.ts";
import { RawPeer } from "./raw-peer.ts";
import { type Names, type Wire, type WireName, wires } from "./wires.ts";

/** Opens a connection and waits until others can reach the peer. */
export const enter = async (port: number, wire: Wire, names: Names): Promise<RawPeer> => {
  const { subprotocol, welcome } = wire;
  const upgrade = { port, target: wire.target(names), ...(subprotocol === undefined ? {} : { subprotocol }) };
  if (welcome === undefined) return RawPeer.open(upgrade);
  const mark = `"type":"${welcome}"`;
  const welcomed = Promise.withResolvers<void>();
  const peer = await RawPeer.open(upgrade, (text) => {
    if (text.includes(mark)) welcomed.resolve();
  });
  if (wire.hello !== undefined) peer.send(textFrame(wire.hello(names)));
  await welcomed.promise;
  peer.onText = undefined;
  return peer;
};

export const leave = (peer: RawPeer, wire: Wire): void => {
  if (wire.goodbye !== undefined) peer.send(textFrame(wire.goodbye));
  peer.drop();
};

export interface Couple {
  readonly names: Names;
  readonly sender: RawPeer;
  readonly receiver: RawPeer;
}

let serial = 0;

/** The names of two peers that nobody has heard of, and of their room. */
export const strangers = (): Names => {
  serial += 1;
  return { self: `caller-${serial}`, other: `callee-${serial}`, room: `pair-${serial}` };
};

/** Two peers who know of each other, perhaps at two nodes. */
export const couple = async (port: number, wireName: WireName, receiverPort = port): Promise<Couple> => {
  const wire = wires[wireName];
  const names = strangers();
  const receiver = await enter(receiverPort, wire, {
    self: names.other,
    other: names.self,
    room: names.room,
  });
  const introduced = told(receiver, receiver.frames + wire.introductions);
  const sender = await enter(port, wire, names);
  await introduced;
  return { names, sender, receiver };
};

const told = (peer: RawPeer, frames: number): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (peer.frames < frames) return;
      peer.onFrames = undefined;
      resolve();
    };
    peer.onFrames = look;
    look();
  });
