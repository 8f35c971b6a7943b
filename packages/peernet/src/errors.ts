// SPDX-License-Identifier: MIT
/** Refusals of the catalogue as errors of the API: a gRPC code, an HTTP status and a stable reason (AIP-193). */
import { Code, ConnectError } from "@connectrpc/connect";
import { explain, type Refusal, type RefusalCode, refusals } from "@signalbox/core";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";

/** Domain of the reasons (AIP-193). */
export const errorDomain = "peernet.signalbox";

/** The gRPC code of a refusal; its HTTP status over REST is the catalogue's own. */
const codes: { readonly [code in RefusalCode]?: Code } = {
  malformed: Code.InvalidArgument,
  "bad-argument": Code.InvalidArgument,
  "bad-name": Code.InvalidArgument,
  "too-large": Code.InvalidArgument,
  "too-many-services": Code.ResourceExhausted,
  "media-unsupported": Code.InvalidArgument,
  "not-acceptable": Code.InvalidArgument,
  "not-found": Code.NotFound,
  exists: Code.AlreadyExists,
  "etag-mismatch": Code.Aborted,
  contended: Code.Aborted,
  "room-not-empty": Code.FailedPrecondition,
  "registry-full": Code.ResourceExhausted,
  "too-many-knocks": Code.ResourceExhausted,
  "ambiguous-selector": Code.FailedPrecondition,
  "already-answered": Code.FailedPrecondition,
  "not-answered": Code.FailedPrecondition,
  "knock-over": Code.NotFound,
  unauthorized: Code.Unauthenticated,
  forbidden: Code.PermissionDenied,
  "rate-limited": Code.ResourceExhausted,
  overloaded: Code.Unavailable,
  draining: Code.Unavailable,
  unreachable: Code.Unavailable,
  "cluster-away": Code.Unavailable,
  "origin-refused": Code.PermissionDenied,
  "id-taken": Code.AlreadyExists,
};

/** `too-many-knocks` as an ErrorInfo reason: TOO_MANY_KNOCKS. */
export const reasonOf = (code: RefusalCode): string => code.toUpperCase().replaceAll("-", "_");

const refusalKey = Symbol("refusal");

/** A refusal on its way out of a method. Thrown, because that is how Connect takes errors; nothing else is. */
export const refusalError = (no: Refusal): ConnectError => {
  const error = new ConnectError(explain(no), codes[no.code] ?? Code.FailedPrecondition, undefined, [
    {
      desc: ErrorInfoSchema,
      value: {
        reason: reasonOf(no.code),
        domain: errorDomain,
        metadata: no.detail === undefined ? {} : { detail: no.detail },
      },
    },
    ...(no.retryAfterMs === undefined
      ? []
      : [
          {
            desc: RetryInfoSchema,
            value: {
              retryDelay: {
                seconds: BigInt(Math.floor(no.retryAfterMs / 1000)),
                nanos: (no.retryAfterMs % 1000) * 1_000_000,
              },
            },
          },
        ]),
  ]);
  Object.defineProperty(error, refusalKey, { value: no });
  return error;
};

/** The refusal an error carries, where it is one of ours. */
export const refusalOf = (error: unknown): Refusal | undefined =>
  error instanceof ConnectError && refusalKey in error ? (error[refusalKey] as Refusal) : undefined;

/** RFC 9457 problem details. `type` is stable per reason. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly reason: string;
}

const httpStatus: { readonly [code in Code]: number } = {
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 400,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
};

const codeNames: { readonly [code in Code]: string } = {
  [Code.Canceled]: "canceled",
  [Code.Unknown]: "unknown",
  [Code.InvalidArgument]: "invalid_argument",
  [Code.DeadlineExceeded]: "deadline_exceeded",
  [Code.NotFound]: "not_found",
  [Code.AlreadyExists]: "already_exists",
  [Code.PermissionDenied]: "permission_denied",
  [Code.ResourceExhausted]: "resource_exhausted",
  [Code.FailedPrecondition]: "failed_precondition",
  [Code.Aborted]: "aborted",
  [Code.OutOfRange]: "out_of_range",
  [Code.Unimplemented]: "unimplemented",
  [Code.Internal]: "internal",
  [Code.Unavailable]: "unavailable",
  [Code.DataLoss]: "data_loss",
  [Code.Unauthenticated]: "unauthenticated",
};

/** Any error of a method as a problem. What is no refusal is a bug, and tells nothing of itself. */
export const problemOf = (error: unknown): Problem => {
  const no = refusalOf(error);
  const known =
    error instanceof ConnectError ? error : new ConnectError("Something went wrong here.", Code.Internal);
  const reason = no === undefined ? codeNames[known.code].toUpperCase() : reasonOf(no.code);
  return {
    type: `urn:signalbox:problem:${no?.code ?? codeNames[known.code].replaceAll("_", "-")}`,
    title: no === undefined ? codeNames[known.code].replaceAll("_", " ") : refusals[no.code].sentence,
    status: no === undefined ? httpStatus[known.code] : refusals[no.code].http,
    detail: known.rawMessage,
    code: codeNames[known.code],
    reason,
  };
};
