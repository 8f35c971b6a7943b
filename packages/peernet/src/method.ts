// SPDX-License-Identifier: MIT
/** What a method is, whatever wire it is called over, and what all of them share. */
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type IceServers, isRefusal, type Refusal } from "@signalbox/core";
import type { Asker, RegistryGround } from "@signalbox/core/registry";
import type { PeerNetService } from "../gen/peernet/v1/peernet_pb.js";
import { askerOf, type CallContext } from "./context.ts";
import { refusalError } from "./errors.ts";

type Service = typeof PeerNetService;
type Unary = {
  [M in keyof Service["method"]]: Service["method"][M]["methodKind"] extends "unary" ? M : never;
}[keyof Service["method"]];
type Input<M extends keyof Service["method"]> = MessageShape<Service["method"][M]["input"]>;
type Output<M extends keyof Service["method"]> = MessageInitShape<Service["method"][M]["output"]>;

/** A response, and what REST says of it beside. */
export interface Reply<Message> {
  readonly message: Message;
  /** 201 instead of 200. */
  readonly created?: boolean;
  /** 202: taken, and still waiting. */
  readonly pending?: boolean;
  /** Name of the resource, for a Location header. */
  readonly name?: string;
  readonly etag?: string;
}

export type Methods = {
  readonly [M in Unary]: (request: Input<M>, context: CallContext) => Promise<Reply<Output<M>>>;
} & {
  readonly watchKnocks: (
    request: Input<"watchKnocks">,
    context: CallContext,
  ) => AsyncIterable<Output<"watchKnocks">>;
  readonly watchKnock: (
    request: Input<"watchKnock">,
    context: CallContext,
  ) => AsyncIterable<Output<"watchKnock">>;
};

export interface MethodsGround {
  readonly registry: RegistryGround;
  readonly ice: () => IceServers;
}

/** What was asked for; a refusal is thrown, because that is how it leaves. */
export const ok = <T>(result: T | Refusal): T => {
  if (typeof result === "object" && result !== null && isRefusal(result)) throw refusalError(result);
  return result as T;
};

/** How often a silent stream says that it is alive. Milliseconds. Below what proxies bear. */
export const heartbeatMs = 15_000;

/** What methods share. */
export interface MethodTools {
  readonly ground: RegistryGround;
  readonly ice: () => IceServers;
  readonly asker: (context: CallContext) => Asker;
  /** Runs a poll or a step of a stream of this server's device. */
  readonly attending: <T>(server: string, run: () => Promise<T>) => Promise<T>;
  /** Does its device poll or stream right now? */
  readonly isAttended: (server: string) => boolean;
}

export const methodTools = ({ registry: ground, ice }: MethodsGround): MethodTools => {
  // How many polls and streams of each server are open right now.
  const attended = new Map<string, number>();
  const attending = async <T>(server: string, run: () => Promise<T>): Promise<T> => {
    attended.set(server, (attended.get(server) ?? 0) + 1);
    try {
      return await run();
    } finally {
      const left = (attended.get(server) ?? 1) - 1;
      if (left === 0) attended.delete(server);
      else attended.set(server, left);
    }
  };
  return {
    ground,
    ice,
    asker: (context) => ok(askerOf(ground, context)),
    attending,
    isAttended: (server) => attended.has(server),
  };
};

/** The etag a change is bound to: that of the message, else that of the If-Match header. */
export const etagOf = (given: string, context: CallContext): { readonly etag?: string } => {
  const etag = given === "" ? context.ifMatch : given;
  return etag === undefined || etag === "*" ? {} : { etag };
};
