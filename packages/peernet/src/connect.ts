// SPDX-License-Identifier: MIT
/** The RPC side: Connect, gRPC and gRPC-Web on the same methods. */
import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  type ContextValues,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { Refusal } from "@signalbox/core";
import type { Abort } from "@signalbox/core/registry";
import { PeerNetService } from "../gen/peernet/v1/peernet_pb.js";
import { type CallContext, either } from "./context.ts";
import { refusalError } from "./errors.ts";
import type { Methods } from "./method.ts";

/** The package's name in the original text, without a version: the same service answers to it. */
export const seedTypeName = "peernet.PeerNetService";

const renamed = (service: DescService, typeName: string): DescService => {
  const twin: DescService = { ...service, typeName, methods: [], method: {} };
  for (const method of service.methods) {
    const copy: DescMethod = { ...method, parent: twin };
    twin.methods.push(copy);
    twin.method[method.localName] = copy;
  }
  return twin;
};

/** What is known of a call before its method. */
export interface Known {
  /** Why it is refused. */
  readonly no?: Refusal;
  /** Whom its knocks are counted for. */
  readonly address?: string;
}

const knownKey = createContextKey<Known>({});

export const knownCall = (known: Known | undefined): ContextValues => {
  const values = createContextValues();
  return known === undefined ? values : values.set(knownKey, known);
};

const addressOf = ({ address }: Known): Pick<CallContext, "address"> =>
  address === undefined ? {} : { address };

const contextOf = (context: HandlerContext, ending: Abort | undefined): CallContext => ({
  ...addressOf(context.values.get(knownKey)),
  authorization: context.requestHeader.get("authorization") ?? undefined,
  idempotencyKey: context.requestHeader.get("idempotency-key") ?? undefined,
  ifMatch: context.requestHeader.get("if-match") ?? undefined,
  signal: either(context.signal, ending),
  deadlineMs: context.timeoutMs(),
});

const mayRun = (context: HandlerContext): void => {
  const { no } = context.values.get(knownKey);
  if (no !== undefined) throw refusalError(no);
};

/** Registers the service under both of its names. */
export const registerRpc =
  (methods: Methods, ending: Abort | undefined) =>
  (router: ConnectRouter): void => {
    // `rpc` wants the types of one method; this loop has those of all of them.
    for (const service of [PeerNetService, renamed(PeerNetService, seedTypeName)]) {
      for (const method of service.methods) {
        // The schema fixes which method takes which message; the table of methods is typed against it.
        const run = methods[method.localName as keyof Methods] as unknown as (
          request: Message,
          context: CallContext,
        ) => Promise<{ readonly message: Message }> & AsyncIterable<Message>;
        if (method.methodKind === "server_streaming") {
          router.rpc(method, ((request: Message, context: HandlerContext) => {
            mayRun(context);
            return run(request, contextOf(context, ending));
          }) as never);
        } else {
          router.rpc(method, (async (request: Message, context: HandlerContext) => {
            mayRun(context);
            return (await run(request, contextOf(context, ending))).message;
          }) as never);
        }
      }
    }
  };
