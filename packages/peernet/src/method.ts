// SPDX-License-Identifier: MIT
/** What a method is, whatever wire it is called over, and what all of them share. */
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type IceServers, isRefusal, type Refusal } from "@signalbox/core";
import {
  type Asker,
  isAttendedElsewhere,
  type RegistryGround,
  type ServerRecord,
  unattended,
} from "@signalbox/core/registry";
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
  /** What nobody waits for failed. */
  readonly failed: (error: unknown) => void;
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
  readonly attending: <T>(
    server: string,
    asker: Pick<CallContext, "signal">,
    run: () => Promise<T>,
  ) => Promise<T>;
  /** Does its device poll or stream right now, here or at another node? */
  readonly isAttended: (server: ServerRecord) => boolean;
}

/** Who polls is back for the next poll within this time, at this node or at another one. Milliseconds. */
const betweenPollsMs = 1_000;

export const methodTools = ({ registry: ground, ice, failed }: MethodsGround): MethodTools => {
  // How many polls and streams of each server are open right now.
  const attended = new Map<string, number>();
  const tellOthers = (server: string): void => {
    if (!attended.has(server)) unattended(ground, server).catch(failed);
  };
  const attending: MethodTools["attending"] = async (server, { signal }, run) => {
    attended.set(server, (attended.get(server) ?? 0) + 1);
    try {
      return await run();
    } finally {
      const left = (attended.get(server) ?? 1) - 1;
      if (left > 0) attended.set(server, left);
      else {
        attended.delete(server);
        if (signal.aborted) tellOthers(server);
        else if (ground.node !== undefined) ground.clock.after(betweenPollsMs, () => tellOthers(server));
      }
    }
  };
  return {
    ground,
    ice,
    asker: (context) => ok(askerOf(ground, context)),
    attending,
    isAttended: (server) => attended.has(server.id) || isAttendedElsewhere(ground, server),
  };
};

/** The etag a change is bound to: that of the message, else that of the If-Match header. */
export const etagOf = (given: string, context: CallContext): { readonly etag?: string } => {
  const etag = given === "" ? context.ifMatch : given;
  return etag === undefined || etag === "*" ? {} : { etag };
};
