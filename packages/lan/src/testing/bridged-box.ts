// SPDX-License-Identifier: MIT
/** A hub with ids of a fake LAN bridged to its rooms. */
import type { TestContext } from "node:test";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { createHub, type Hub, type NodeId } from "@signalbox/core";
import {
  countedChance,
  handshakeAt,
  noIceServers,
  openDoor,
  type TestLine,
  testLine,
} from "@signalbox/core/testing";
import { flitter } from "@signalbox/dialects/flitter";
import { type BridgeProblem, type LanBridgeOptions, type LanLine, startLanBridge } from "../bridge/bridge.ts";
import type { LanCounts } from "../exchange.ts";
import { type FakeLan, fakeLan } from "./fake-lan.ts";
import { ring as keys } from "./lan-end.ts";

/** An offer the box lets pass: it looks for kinds of media in it. */
export const video = (name: string) =>
  `v=0\r\ns=${name}\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.7 4000 typ host\r\n`;

export interface BridgedBox {
  readonly lan: FakeLan;
  readonly hub: Hub;
  readonly problems: { readonly id: string; readonly problem: BridgeProblem }[];
  readonly counts: () => LanCounts;
  /** A Flitter program that uses the server: the plainest peer a room can have. */
  member(id: string, room?: string): Promise<TestLine>;
  close(): void;
}

export const bridgedBox = async (
  context: TestContext,
  lines: readonly LanLine[] = [{ id: "studio-7" }],
  options: Partial<LanBridgeOptions> = {},
  lan: FakeLan = fakeLan(),
): Promise<BridgedBox> => {
  const node = "node" as NodeId;
  const chance = countedChance();
  const hub = createHub({
    node,
    directory: memoryDirectory(),
    bus: memoryNetwork().bus(node),
    clock: lan,
    chance,
    guard: openDoor,
    ice: noIceServers,
    observe: (seen) => {
      if (seen.type === "failed") throw seen.error;
    },
  });
  const problems: BridgedBox["problems"] = [];
  const bridge = await startLanBridge({
    hub,
    lines,
    mint: chance.id,
    ground: lan,
    keys,
    openSocket: async ({ role }) => lan.socket("box", role === "answerer"),
    onProblem: (id, problem) => problems.push({ id, problem }),
    ...options,
  });
  context.after(() => {
    bridge.close();
    hub.close();
  });
  await lan.advance(1);
  return {
    lan,
    hub,
    problems,
    counts: bridge.counts,
    close: bridge.close,
    async member(id, room = "default") {
      const line = testLine(hub, flitter(), handshakeAt("/"));
      line.send({ type: "join", id, room });
      await lan.advance(1);
      return line;
    },
  };
};

export const lastMembers = (line: TestLine) =>
  line.take().findLast(({ type }) => type === "members")?.members;
export const calls = (line: TestLine) => line.take().filter(({ type }) => type === "call");
