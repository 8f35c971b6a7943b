// SPDX-License-Identifier: MIT
import { handClock } from "@signalbox/core/testing";
import { connect } from "../connect.ts";
import { SignalboxError } from "../failure.ts";
import type { ServerFrame } from "../wire.ts";
import { joined, scriptedServer, welcome } from "./scripted-server.ts";

export const chance = { random: () => 0.5, id: () => "call" };

/** A session that has joined `hall` as `ann`, and its scripted server. */
export const joinedSession = async (
  more: { readonly welcome?: Parameters<typeof welcome>[0]; readonly id?: string } = {},
) => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({
    url: "https://box.example/base",
    room: "hall",
    WebSocket: server.WebSocket,
    clock,
    chance,
    ...(more.id === undefined ? {} : { id: more.id }),
  });
  server.line.accept();
  const first = server.line.take();
  server.line.tell(welcome(more.welcome), joined());
  const room = await joining;
  return { server, clock, room, first };
};

/** A refusal that a promise must end with. */
export const refusedWith = (code: string) => (error: unknown) =>
  error instanceof SignalboxError && error.code === code;

export const message = (seq: number, body: unknown): ServerFrame => ({
  type: "message",
  seq,
  room: "hall",
  from: "bob",
  session: "s-bob",
  body,
});
