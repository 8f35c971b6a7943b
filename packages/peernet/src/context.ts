// SPDX-License-Identifier: MIT
/** What every method reads from the headers, whatever wire they came over. */
import { type Refusal, refusal } from "@signalbox/core";
import {
  type Abort,
  type Asker,
  isOwnerToken,
  type RegistryGround,
  type Write,
} from "@signalbox/core/registry";

export interface CallContext {
  /** Whom its knocks are counted for: an address, or a network. Absent: they are not. */
  readonly address?: string;
  /** What is to be written along with what is made, whose name it gets: the asker's request, so that it is not carried out twice. */
  readonly remember?: (name: string) => readonly Write[];
  /** Value of the `authorization` header. */
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  /** Aborted when the asker goes away or its deadline passes. */
  readonly signal: Abort;
  /** Time to the asker's deadline, where it set one. Milliseconds. */
  readonly deadlineMs: number | undefined;
}

/** The token of a `Bearer` header; undefined where there is none; a refusal where it is of no use. */
const tokenOf = (context: CallContext): string | undefined | Refusal => {
  const { authorization } = context;
  if (authorization === undefined || authorization === "") return undefined;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) return refusal("bad-argument", "The authorization header must be: Bearer TOKEN.");
  return isOwnerToken(token)
    ? token
    : refusal("bad-argument", "A token has 22 to 512 printable characters: at least 128 random bits.");
};

export const askerOf = (ground: RegistryGround, context: CallContext): Asker | Refusal => {
  const token = tokenOf(context);
  if (token === undefined) return {};
  return typeof token === "string" ? { digest: ground.digest(token) } : token;
};

export interface Owner {
  readonly digest: string;
  /** Set where the asker brought no token: told once, in the response. */
  readonly minted?: string;
}

/** The owner of what is being made: by the token that was sent, or by a new one. */
export const ownerOf = (ground: RegistryGround, context: CallContext): Owner | Refusal => {
  const token = tokenOf(context);
  if (token === undefined) {
    const minted = ground.mintToken();
    return { digest: ground.digest(minted), minted };
  }
  return typeof token === "string" ? { digest: ground.digest(token) } : token;
};

/** A wait that leaves time to answer before the asker gives up. */
export const boundedWait = (context: CallContext, wantedMs: number): number =>
  context.deadlineMs === undefined
    ? wantedMs
    : Math.max(0, Math.min(wantedMs, context.deadlineMs - answerMarginMs));

/** From the end of a wait to the asker's deadline: enough for a slow way back. Milliseconds. */
const answerMarginMs = 250;

/** Aborted when one of the two is. Holds on to neither: listeners are removed from both by whoever added them. */
export const either = (one: Abort, other: Abort | undefined): Abort =>
  other === undefined
    ? one
    : {
        get aborted() {
          return one.aborted || other.aborted;
        },
        addEventListener(type, listener) {
          one.addEventListener(type, listener);
          other.addEventListener(type, listener);
        },
        removeEventListener(type, listener) {
          one.removeEventListener(type, listener);
          other.removeEventListener(type, listener);
        },
      };
