// SPDX-License-Identifier: MIT
/** Pages as in AIP-158: a size, and an opaque token that belongs to the question it was given for. */
import { type Refusal, refusal } from "../refusal.ts";
import type { RegistryGround } from "./ground.ts";

export interface PageRequest {
  /** 0 or absent: the default. Above the maximum: the maximum. Negative: refused. */
  readonly size?: number;
  readonly token?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Empty on the last page. */
  readonly nextToken: string;
}

interface Place {
  readonly size: number;
  readonly after: string;
}

/** Where a page begins. `question` is everything else that was asked: a token for one question is no token for another. */
export const placeOf = (ground: RegistryGround, request: PageRequest, question: string): Place | Refusal => {
  const { size = 0, token = "" } = request;
  const { pageSize, pageSizeMax } = ground.limits;
  if (!Number.isInteger(size) || size < 0) return refusal("bad-argument", "page_size must not be negative.");
  const wanted = size === 0 ? pageSize : Math.min(size, pageSizeMax);
  if (token === "") return { size: wanted, after: "" };
  const [mark, ...rest] = token.split(".");
  const after = rest.join(".");
  return mark === markOf(ground, question) && after !== ""
    ? { size: wanted, after: unescaped(after) }
    : refusal("bad-argument", "page_token does not belong to this request.");
};

export const tokenFor = (ground: RegistryGround, question: string, last: string): string =>
  `${markOf(ground, question)}.${escaped(last)}`;

const markOf = (ground: RegistryGround, question: string): string =>
  ground.digest(`page ${question}`).slice(0, 12);

// Keys hold ids and slashes only, so the slash is all there is to escape; no escape function of a platform is needed.
const escaped = (key: string): string => key.replaceAll("/", "~");
const unescaped = (text: string): string => text.replaceAll("~", "/");
