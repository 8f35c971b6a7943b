// SPDX-License-Identifier: MIT
/** Requests that were already answered (AIP-155): the same id gets the same answer again, for a while. */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type IceServers, refusal } from "@signalbox/core";
import type { RegistryGround } from "@signalbox/core/registry";
import {
  GetKnockRequestSchema,
  IceServerSchema,
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
    /** Protobuf as base64, without what `atRest` leaves out. */
    readonly message: string;
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
  /** What was left out of a remembered answer is read anew: a knock as it is now, ICE servers with fresh credentials. */
  const completed = async (
    name: string,
    reply: Reply<Message>,
    context: CallContext,
  ): Promise<Reply<Message>> => {
    const message: Open = reply.message;
    if ("iceServers" in message)
      message.iceServers = iceServerMessages(ice()).map((one) => create(IceServerSchema, one));
    if (name !== "createKnock" || reply.name === undefined) return { ...reply, message };
    const knock = await methods.getKnock(create(GetKnockRequestSchema, { name: reply.name }), context);
    return { ...reply, message: Object.assign(message, { knock: create(KnockSchema, knock.message) }) };
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
        () => inner(request, context),
      );
      return again ? completed(name, reply, context) : reply;
    };
  }
  // Each name keeps the type it had: only what happens around it is new.
  return replaced as unknown as Methods;
};

type Open = Message & { [name: string]: unknown };

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

const remembering = async (
  ground: RegistryGround,
  running: Running,
  asked: Asked,
  run: () => Promise<Reply<Message>>,
): Promise<{ readonly reply: Reply<Message>; readonly again: boolean }> => {
  const asker = askerOf(ground, asked.context);
  if ("code" in asker) throw refusalError(asker);
  const key = ground.digest(`${asked.name} ${asker.digest ?? ""} ${asked.id}`);
  const request = ground.digest(Buffer.from(toBinary(asked.input, asked.request)).toString("base64"));
  const known = await ground.store.get("request", key);
  const now = ground.wallNow();
  if (known !== undefined && (known.expiresAt ?? 0) > now) {
    const before: Remembered = JSON.parse(known.value);
    if (before.request !== request) throw reused();
    const message = fromBinary(asked.output, Buffer.from(before.reply.message, "base64"));
    return { reply: { ...before.reply, message }, again: true };
  }
  // Without a token there is nobody whose request it could be again.
  const first = asker.digest === undefined ? undefined : running.get(key);
  if (first !== undefined) {
    if (first.request !== request) throw reused();
    const reply = await first.reply;
    return { reply: { ...reply, message: create(asked.output, reply.message) }, again: true };
  }
  const answering = (async () => {
    const reply = await run();
    await keep(ground, asked, reply, { key, request, before: known?.version ?? 0, now });
    return reply;
  })();
  running.set(key, { request, reply: answering });
  try {
    return { reply: await answering, again: false };
  } finally {
    running.delete(key);
  }
};

const keep = async (
  ground: RegistryGround,
  asked: Asked,
  reply: Reply<Message>,
  { key, request, before, now }: { key: string; request: string; before: number; now: number },
): Promise<void> => {
  // A response that told a minted token is not kept: tokens are nowhere at rest. Asked again, it is made by its name.
  const message = create(asked.output, reply.message);
  const tellsToken = ["ownerToken", "knockToken"].some((field) => (message as Open)[field]);
  if (!tellsToken) {
    const value: Remembered = { request, reply: { ...reply, message: atRest(asked.output, message) } };
    await ground.store.commit([
      {
        kind: "request",
        key,
        expects: before,
        becomes: {
          group: "requests",
          value: JSON.stringify(value),
          expiresAt: now + ground.limits.requestsKeptMs,
        },
      },
    ]);
  }
};
