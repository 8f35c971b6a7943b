// SPDX-License-Identifier: MIT
/** Requests that were already answered (AIP-155): the same id gets the same answer again, for a while. */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type IceServers, refusal } from "@signalbox/core";
import type { RegistryGround, StoredRecord, Write } from "@signalbox/core/registry";
import {
  type CreateKnockRequest,
  GetKnockRequestSchema,
  GetRoomRequestSchema,
  GetRoomResponseSchema,
  GetServerRequestSchema,
  GetServerResponseSchema,
  GetServiceRequestSchema,
  GetServiceResponseSchema,
  IceServerSchema,
  type Knock,
  Knock_State,
  KnockSchema,
  PeerNetService,
} from "../gen/peernet/v1/peernet_pb.js";
import { askerOf, boundedWait, type CallContext } from "./context.ts";
import { iceServerMessages, millis } from "./convert.ts";
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
  /** A knock that was made before, as it is now, or as it is once the wait of the request is over. */
  const knockAgain = async (name: string, waitMs: number, context: CallContext): Promise<Knock> => {
    const read = async (wait: number, minGeneration: bigint): Promise<Knock> => {
      const request = create(GetKnockRequestSchema, { name, wait: durationFromMs(wait), minGeneration });
      return create(KnockSchema, (await methods.getKnock(request, context)).message);
    };
    const { clock, limits } = ground;
    const dueAt = clock.now() + Math.min(boundedWait(context, waitMs), limits.waitMaxMs);
    let knock = await read(0, 0n);
    while (isWaiting(knock) && clock.now() < dueAt && !context.signal.aborted)
      knock = await read(dueAt - clock.now(), knock.generation);
    return knock;
  };
  /** What a method made, read by its name, as the part of its answer that it is. */
  const made = async (
    method: string,
    name: string,
    request: Message,
    context: CallContext,
  ): Promise<Part> => {
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
        // Only a request to make a knock comes here.
        const { wait } = request as CreateKnockRequest;
        const knock = await knockAgain(name, millis(wait), context);
        return { part: { knock }, pending: isWaiting(knock), created: !isWaiting(knock) };
      }
    }
  };
  /** What was left out of a remembered answer is read anew: a knock as it is now, ICE servers with fresh credentials. */
  const completed = async (
    { name: method, output, request, context }: Asked,
    { message: given, ...reply }: Recalled,
  ): Promise<Reply<Message>> => {
    const message: Open = given ?? create(output);
    if ("iceServers" in message)
      message.iceServers = iceServerMessages(ice()).map((one) => create(IceServerSchema, one));
    if (reply.name === undefined || (given !== undefined && method !== "createKnock"))
      return { ...reply, message };
    const { part, ...now } = await made(method, reply.name, request, context);
    return { ...reply, message: Object.assign(message, part), ...now };
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
      const asked: Asked = { name, id, input, output, request, context };
      const { reply, again } = await remembering(ground, running, asked, (remember) =>
        inner(request, { ...context, remember }),
      );
      return again ? completed(asked, reply) : { ...reply, message: reply.message };
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

const isWaiting = ({ state }: Knock): boolean =>
  state === Knock_State.PENDING || state === Knock_State.DELIVERED;

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
type Running = Map<string, { readonly request: string; readonly outcome: Promise<Outcome> }>;

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
    const theirs = await first.outcome;
    if (theirs.again) return theirs;
    const { reply } = theirs;
    return { reply: { ...reply, message: create(asked.output, reply.message) }, again: true };
  }
  const recalled = ({ value }: StoredRecord): Outcome => {
    const before: Remembered = JSON.parse(value);
    if (before.request !== request) throw reused();
    const { message, ...reply } = before.reply;
    if (message === undefined) return { reply, again: true };
    return {
      reply: { ...reply, message: fromBinary(asked.output, Buffer.from(message, "base64")) },
      again: true,
    };
  };
  if (known !== undefined && (known.expiresAt ?? 0) > now) return recalled(known);
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
  const answer = async (): Promise<Reply<Message>> => {
    const done = await run(remember);
    const message = create(asked.output, done.message);
    // A response that told a minted token is not kept: tokens are nowhere at rest. Asked again, it is made by its name.
    if (["ownerToken", "knockToken"].some((field) => (message as Open)[field])) return done;
    const written = await ground.store.get("request", key);
    // What was found may have been made by this same request, at another node, in the meantime.
    const made = written !== undefined && written.version !== known?.version && done.pending !== true;
    const reply = made ? { ...done, created: true } : done;
    const whole = { ...reply, message: atRest(asked.output, message) };
    await ground.store.commit([kept(whole, written?.version ?? 0)]);
    return reply;
  };
  const decided = async (): Promise<Outcome> => {
    try {
      return { reply: await answer(), again: false };
    } catch (error) {
      // Another node may have carried it out in the meantime: what stood in the way is what was asked for.
      const theirs = asker.digest === undefined ? undefined : await ground.store.get("request", key);
      if (theirs === undefined || theirs.version === known?.version) throw error;
      return recalled(theirs);
    }
  };
  const outcome = decided();
  running.set(key, { request, outcome });
  try {
    return await outcome;
  } finally {
    running.delete(key);
  }
};
