// SPDX-License-Identifier: MIT
/** Requests that were already answered (AIP-155): the same id gets the same answer again, for a while. */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type IceServers, refusal } from "@signalbox/core";
import type { RegistryGround, Write } from "@signalbox/core/registry";
import {
  GetKnockRequestSchema,
  GetRoomRequestSchema,
  GetRoomResponseSchema,
  GetServerRequestSchema,
  GetServerResponseSchema,
  GetServiceRequestSchema,
  GetServiceResponseSchema,
  IceServerSchema,
  Knock_State,
  KnockSchema,
  PeerNetService,
} from "../gen/peernet/v1/peernet_pb.js";
import { askerOf, type CallContext } from "./context.ts";
import { iceServerMessages } from "./convert.ts";
import { refusalError } from "./errors.ts";
import type { Methods, Reply } from "./method.ts";

interface Remembered {
  /** Digest of the request: the same id with another request is a mistake. */
  readonly request: string;
  readonly reply: {
    /**
     * Protobuf as base64, without what `atRest` leaves out. Absent as long as no answer was given: then all that is known is
     * the name of what was made, in the same commit.
     */
    readonly message?: string;
    readonly created?: boolean;
    readonly pending?: boolean;
    readonly name?: string;
    readonly etag?: string;
  };
}

const wrapped = ["createRoom", "createServer", "createService", "createKnock"] as const;

/** Longest request id. Characters. */
const requestIdMax = 128;

/** The methods, with those that make something remembering what they answered to a request id. */
export const idempotent = (methods: Methods, ground: RegistryGround, ice: () => IceServers): Methods => {
  /** What a method made, read by its name, as the part of its answer that it is. */
  const made = async (method: string, name: string, context: CallContext): Promise<Part> => {
    switch (method) {
      case "createRoom": {
        const { message, etag } = await methods.getRoom(create(GetRoomRequestSchema, { name }), context);
        return { part: { room: create(GetRoomResponseSchema, message).room }, ...tagged(etag) };
      }
      case "createServer": {
        const { message, etag } = await methods.getServer(create(GetServerRequestSchema, { name }), context);
        return { part: { server: create(GetServerResponseSchema, message).server }, ...tagged(etag) };
      }
      case "createService": {
        const request = create(GetServiceRequestSchema, { name });
        const { message, etag } = await methods.getService(request, context);
        return { part: { service: create(GetServiceResponseSchema, message).service }, ...tagged(etag) };
      }
      default: {
        const { message } = await methods.getKnock(create(GetKnockRequestSchema, { name }), context);
        const knock = create(KnockSchema, message);
        const waits = knock.state === Knock_State.PENDING || knock.state === Knock_State.DELIVERED;
        return { part: { knock }, ...(waits ? { pending: true, created: false } : {}) };
      }
    }
  };
  /** What was left out of a remembered answer is read anew: a knock as it is now, ICE servers with fresh credentials. */
  const completed = async (
    method: string,
    output: DescMessage,
    { message: given, ...reply }: Recalled,
    context: CallContext,
  ): Promise<Reply<Message>> => {
    const message: Open = given ?? create(output);
    if ("iceServers" in message)
      message.iceServers = iceServerMessages(ice()).map((one) => create(IceServerSchema, one));
    if (reply.name === undefined || (given !== undefined && method !== "createKnock"))
      return { ...reply, message };
    const { part, ...now } = await made(method, reply.name, context);
    return { ...reply, message: Object.assign(message, part), ...(given === undefined ? now : {}) };
  };
  const running: Running = new Map();
  const replaced: { [name: string]: unknown } = { ...methods };
  for (const name of wrapped) {
    const { input, output } = PeerNetService.method[name];
    const inner = methods[name] as unknown as (
      request: Message,
      context: CallContext,
    ) => Promise<Reply<Message>>;
    replaced[name] = async (
      request: Message & { requestId?: string },
      context: CallContext,
    ): Promise<Reply<Message>> => {
      const id = request.requestId || context.idempotencyKey;
      if (id === undefined || id === "") return inner(request, context);
      if (id.length > requestIdMax)
        throw refusalError(refusal("bad-argument", `request_id has at most ${requestIdMax} characters.`));
      const { reply, again } = await remembering(
        ground,
        running,
        { name, id, input, output, request, context },
        (remember) => inner(request, { ...context, remember }),
      );
      return again ? completed(name, output, reply, context) : { ...reply, message: reply.message };
    };
  }
  // Each name keeps the type it had: only what happens around it is new.
  return replaced as unknown as Methods;
};

type Open = Message & { [name: string]: unknown };

/** An answer as it was kept. */
type Recalled = Omit<Reply<Message>, "message"> & { readonly message?: Message };

interface Part {
  readonly part: { readonly [field: string]: Message | undefined };
  readonly etag?: string;
  readonly pending?: boolean;
  readonly created?: boolean;
}

const tagged = (etag: string | undefined): { readonly etag?: string } => (etag === undefined ? {} : { etag });

/**
 * An answer as it is kept: without descriptions of calls, which must be gone when those are, and without the credentials
 * of ICE servers.
 */
const atRest = (desc: DescMessage, message: Message): string => {
  const bare: Open = { ...message };
  for (const field of ["knock", "knocks", "iceServers"]) {
    if (field in bare) bare[field] = field === "knock" ? undefined : [];
  }
  return Buffer.from(toBinary(desc, bare)).toString("base64");
};

interface Asked {
  readonly name: string;
  readonly id: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly request: Message;
  readonly context: CallContext;
}

/** Requests that are being answered, by their key: the same one again waits for that answer. */
type Running = Map<string, { readonly request: string; readonly reply: Promise<Reply<Message>> }>;

const reused = () => refusalError(refusal("bad-argument", "This request_id was used for another request."));

type Outcome =
  | { readonly again: false; readonly reply: Reply<Message> }
  | { readonly again: true; readonly reply: Recalled };

const remembering = async (
  ground: RegistryGround,
  running: Running,
  asked: Asked,
  run: (remember: NonNullable<CallContext["remember"]>) => Promise<Reply<Message>>,
): Promise<Outcome> => {
  const asker = askerOf(ground, asked.context);
  if ("code" in asker) throw refusalError(asker);
  const key = ground.digest(`${asked.name} ${asker.digest ?? ""} ${asked.id}`);
  const request = ground.digest(Buffer.from(toBinary(asked.input, asked.request)).toString("base64"));
  const known = await ground.store.get("request", key);
  const now = ground.wallNow();
  // Without a token there is nobody whose request it could be again.
  const first = asker.digest === undefined ? undefined : running.get(key);
  if (first !== undefined) {
    if (first.request !== request) throw reused();
    const reply = await first.reply;
    return { reply: { ...reply, message: create(asked.output, reply.message) }, again: true };
  }
  if (known !== undefined && (known.expiresAt ?? 0) > now) {
    const before: Remembered = JSON.parse(known.value);
    if (before.request !== request) throw reused();
    const { message, ...reply } = before.reply;
    if (message === undefined) return { reply, again: true };
    return {
      reply: { ...reply, message: fromBinary(asked.output, Buffer.from(message, "base64")) },
      again: true,
    };
  }
  const kept = (reply: Remembered["reply"], expects: number): Write => ({
    kind: "request",
    key,
    expects,
    becomes: {
      group: "requests",
      value: JSON.stringify({ request, reply } satisfies Remembered),
      expiresAt: now + ground.limits.requestsKeptMs,
    },
  });
  const remember = (name: string): readonly Write[] =>
    asker.digest === undefined ? [] : [kept({ name, created: true }, known?.version ?? 0)];
  const answering = (async () => {
    const reply = await run(remember);
    const message = create(asked.output, reply.message);
    // A response that told a minted token is not kept: tokens are nowhere at rest. Asked again, it is made by its name.
    if (["ownerToken", "knockToken"].some((field) => (message as Open)[field])) return reply;
    const written = await ground.store.get("request", key);
    const whole = { ...reply, message: atRest(asked.output, message) };
    await ground.store.commit([kept(whole, written?.version ?? 0)]);
    return reply;
  })();
  running.set(key, { request, reply: answering });
  try {
    return { reply: await answering, again: false };
  } finally {
    running.delete(key);
  }
};
