// SPDX-License-Identifier: MIT
/** Knocks: made, waited for, handed out, answered. */
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { isRefusal, refusal } from "@signalbox/core";
import * as registry from "@signalbox/core/registry";
import type { AnswerKnockRequest } from "../gen/peernet/v1/peernet_pb.js";
import { boundedWait, type CallContext, ownerOf } from "./context.ts";
import { candidateRecord, iceServerMessages, knockMessage, millis } from "./convert.ts";
import { problemOf, refusalError } from "./errors.ts";
import { knockTally } from "./knock-tally.ts";
import { heartbeatMs, type Methods, type MethodTools, ok } from "./method.ts";
import {
  knockPlace,
  knockQueue,
  roomReference,
  serverId,
  serverReference,
  serviceIds,
} from "./resource-names.ts";

type KnockMethods = Pick<
  Methods,
  | "createKnock"
  | "getKnock"
  | "deleteKnock"
  | "listKnocks"
  | "answerKnock"
  | "addIceCandidates"
  | "exchangeKnocks"
  | "watchKnocks"
  | "watchKnock"
>;

export const knockMethods = ({ ground, ice, asker, attending }: MethodTools): KnockMethods => {
  const tally = knockTally(ground);
  const take = (
    server: string,
    parent: registry.KnockQueue,
    context: CallContext,
    cursor: string,
    limit: number,
    waitMs: number,
  ) =>
    attending(server, context, async () => {
      const wait = boundedWait(context, waitMs);
      // Whoever asks for knocks is there: its lease goes on.
      const renewed = await registry.renewServer(ground, server, asker(context), undefined, wait);
      if (isRefusal(renewed)) throw refusalError(renewed);
      const batch = ok(
        await registry.takeKnocks(ground, parent, asker(context), cursor, limit, wait, context.signal),
      );
      return { batch, expiresAt: renewed.expiresAt };
    });
  const answer = async (request: AnswerKnockRequest, context: CallContext) => {
    const place = ok(knockPlace(request.name));
    if (request.answer !== undefined && request.rejectReason !== "") {
      throw refusalError(refusal("bad-argument", "answer and reject_reason exclude each other."));
    }
    return ok(
      await registry.answerKnock(ground, place, asker(context), {
        ...(request.answer === undefined
          ? {}
          : { answer: { type: request.answer.type, sdp: request.answer.sdp } }),
        candidates: request.iceCandidates.map(candidateRecord),
        complete:
          request.candidatesComplete || request.iceCandidates.some((candidate) => candidate.candidate === ""),
        rejectReason: request.rejectReason,
      }),
    );
  };
  const limitOf = (size: number) => {
    if (size < 0) throw refusalError(refusal("bad-argument", "page_size must not be negative."));
    return size === 0 ? ground.limits.pageSize : Math.min(size, ground.limits.pageSizeMax);
  };

  return {
    async createKnock(request, context) {
      const { knock, parent, selector } = request;
      if (knock?.offer === undefined) throw refusalError(refusal("bad-argument", "knock.offer is missing."));
      if ((parent === "") === (selector === undefined))
        throw refusalError(refusal("bad-argument", "Say either parent or selector."));
      const owner = ok(ownerOf(ground, context));
      const target: registry.Target =
        selector === undefined
          ? { by: "name", ...ok(serviceIds(parent)) }
          : {
              by: "selector",
              room: ok(roomReference(selector.room)),
              protocol: selector.protocol,
              version: selector.version,
              server: ok(serverReference(selector.server)),
              displayName: selector.displayName,
            };
      const seat = ok(await tally.seat(context.address));
      const made = await registry
        .createKnock(
          ground,
          target,
          {
            offer: { type: knock.offer.type, sdp: knock.offer.sdp },
            candidates: knock.iceCandidates.map(candidateRecord),
            complete: knock.offerCandidatesComplete,
            attributes: { ...knock.attributes },
            ttlMs: millis(knock.ttl),
          },
          owner.digest,
          (record) => context.remember?.(registry.knockName(record)) ?? [],
        )
        .catch((error: unknown) => {
          seat.free();
          throw error;
        });
      if (isRefusal(made)) {
        seat.free();
        throw refusalError(made);
      }
      seat.taken(made);
      const wait = boundedWait(context, millis(request.wait));
      let current = made;
      // The answerer taking it raises the generation too; what is waited for is its end.
      const dueAt = ground.clock.now() + Math.min(wait, ground.limits.waitMaxMs);
      while (!registry.isOver(current) && ground.clock.now() < dueAt && !context.signal.aborted) {
        const left = dueAt - ground.clock.now();
        const next = await registry.getKnock(
          ground,
          made,
          { digest: owner.digest },
          left,
          current.generation,
          context.signal,
        );
        if (isRefusal(next)) break;
        current = next;
      }
      if (registry.isOver(current)) seat.free();
      return {
        message: {
          knock: knockMessage(current),
          iceServers: iceServerMessages(ice()),
          ...(owner.minted === undefined ? {} : { knockToken: owner.minted }),
        },
        ...(registry.isOver(current) ? { created: true } : { pending: true }),
        name: registry.knockName(current),
      };
    },
    async getKnock(request, context) {
      const place = ok(knockPlace(request.name));
      const wait = boundedWait(context, millis(request.wait));
      const knock = ok(
        await registry.getKnock(
          ground,
          place,
          asker(context),
          wait,
          Number(request.minGeneration),
          context.signal,
        ),
      );
      return { message: knockMessage(knock), etag: `"k${knock.generation}"` };
    },
    async deleteKnock(request, context) {
      const result = await registry.cancelKnock(ground, ok(knockPlace(request.name)), asker(context));
      if (isRefusal(result) && !(result.code === "not-found" && request.allowMissing))
        throw refusalError(result);
      return { message: {} };
    },
    async listKnocks(request, context) {
      if (request.pageToken !== "")
        throw refusalError(refusal("bad-argument", "Knocks are paged by cursor, not by page_token."));
      const queue = ok(knockQueue(request.parent));
      const { batch } = await take(
        queue.server,
        queue,
        context,
        request.cursor,
        limitOf(request.pageSize),
        millis(request.wait),
      );
      return { message: { knocks: batch.knocks.map(knockMessage), cursor: batch.cursor } };
    },
    async answerKnock(request, context) {
      return { message: { knock: knockMessage(await answer(request, context)) } };
    },
    async addIceCandidates(request, context) {
      const place = ok(knockPlace(request.name));
      const candidates = request.iceCandidates.map(candidateRecord);
      const knock = ok(
        await registry.addCandidates(ground, place, asker(context), candidates, request.candidatesComplete),
      );
      return { message: { generation: BigInt(knock.generation) } };
    },
    async exchangeKnocks(request, context) {
      const server = ok(serverId(request.parent));
      if (request.answers.length > ground.limits.pageSizeMax)
        throw refusalError(refusal("too-large", `At most ${ground.limits.pageSizeMax} answers.`));
      const results = [];
      for (const one of request.answers) results.push(await resultOf(one, () => answer(one, context)));
      const queue = { server, service: "-" };
      const { batch, expiresAt } = await take(
        server,
        queue,
        context,
        request.cursor,
        ground.limits.pageSize,
        millis(request.wait),
      );
      return {
        message: {
          results,
          knocks: batch.knocks.map(knockMessage),
          cursor: batch.cursor,
          expireTime: timestampFromMs(expiresAt),
        },
      };
    },

    async *watchKnocks(request, context) {
      const queue = ok(knockQueue(request.parent));
      let { cursor } = request;
      // The first look waits for nothing: a stream begins with how things stand.
      let wait = 0;
      while (!context.signal.aborted) {
        const { batch } = await take(queue.server, queue, context, cursor, ground.limits.pageSize, wait);
        wait = heartbeatMs;
        if (context.signal.aborted) return;
        const before = cursor;
        cursor = batch.cursor;
        for (const [index, knock] of batch.knocks.entries()) {
          yield {
            event: { case: "knock", value: knockMessage(knock) },
            // Only the last one's acknowledges them all: who is cut off in between gets the batch again.
            cursor: index === batch.knocks.length - 1 ? cursor : before,
          };
        }
        if (batch.knocks.length === 0) {
          yield { event: { case: "heartbeat", value: timestampFromMs(ground.wallNow()) }, cursor };
        }
      }
    },
    async *watchKnock(request, context) {
      const place = ok(knockPlace(request.name));
      const first = ok(await registry.getKnock(ground, place, asker(context), 0, 0, context.signal));
      yield { knock: knockMessage(first) };
      let { generation } = first;
      if (registry.isOver(first) && (first.state !== "answered" || first.answerComplete)) return;
      while (!context.signal.aborted) {
        const found = await registry.getKnock(
          ground,
          place,
          asker(context),
          heartbeatMs,
          generation,
          context.signal,
        );
        // Its time is over, and so is the stream.
        if (context.signal.aborted || (isRefusal(found) && found.code === "not-found")) return;
        const knock = ok(found);
        if (knock.generation > generation) {
          generation = knock.generation;
          yield { knock: knockMessage(knock) };
        }
        // Answered: later candidates may follow, as long as it can be read.
        if (registry.isOver(knock) && (knock.state !== "answered" || knock.answerComplete)) return;
      }
    },
  };
};

/** The fate of one answer among several: its failure is its own. */
const resultOf = async (request: AnswerKnockRequest, run: () => Promise<unknown>) => {
  try {
    await run();
    return { name: request.name, code: 0, message: "" };
  } catch (error) {
    const problem = problemOf(error);
    return { name: request.name, code: grpcNumber[problem.code] ?? 2, message: problem.detail };
  }
};

const grpcNumber: { readonly [name: string]: number } = {
  invalid_argument: 3,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  unauthenticated: 16,
};
