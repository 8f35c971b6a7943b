// SPDX-License-Identifier: MIT
/** Two nodes that share a directory and a bus, and native peers on either. */
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { type Bus, createHub, type Dialect, type NodeId } from "@signalbox/core";
import { alteredCodec, handClock, settled, testParts } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { type NativePeer, peerOn } from "./box.ts";

export const dialect = native();
export const opaque = (to: string, data: unknown, more: object = {}) => ({
  type: "signal",
  to,
  signal: { kind: "opaque", data },
  ...more,
});

/** Peers that are told of nobody, as those of a protocol without rooms; announced to the others or not. */
export const deaf = (name: string, announced: boolean): Dialect => ({
  ...dialect,
  name,
  open(handshake, mint) {
    const codec = dialect.open(handshake, mint);
    return alteredCodec(codec, {
      decode(frame, now) {
        const decoded = codec.decode(frame, now);
        const commands = decoded.commands.map((command) =>
          command.type === "join"
            ? { ...command, presence: { ...command.presence, announced, listens: false } }
            : command,
        );
        return { ...decoded, commands };
      },
    });
  },
});
export const quiet = deaf("quiet", false);

export const network = (wrap: (bus: Bus, node: string) => Bus = (bus) => bus) => {
  const directory = memoryDirectory();
  const buses = memoryNetwork();
  const clock = handClock();
  const node = (name: string) => {
    const parts = testParts(name, { ...directory }, wrap(buses.bus(name as NodeId), name), { clock });
    return { hub: createHub(parts), parts };
  };
  const [first, second] = [node("n1"), node("n2")];
  const peer = async (at: "n1" | "n2", id: string, frame: object = {}, as = dialect): Promise<NativePeer> => {
    const made = peerOn((at === "n1" ? first : second).hub, as);
    made.ask({ type: "join", room: "r", id, ...frame });
    await settled();
    return made;
  };
  return { clock, first, second, peer, directory, buses };
};

export const receipts = (peer: NativePeer) =>
  peer.told("receipt").map(({ of, fate, code }) => [of, code ?? fate]);
