// SPDX-License-Identifier: MIT
/** Checks that the JSON protocols of the peers share. */

export type Fields = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A whole number from 0 on that JSON carries exactly. */
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The object in a text message. Undefined where it is none, or has more characters than that. */
export const objectIn = (message: unknown, lengthMax: number): Fields | undefined => {
  if (typeof message !== "string" || message.length > lengthMax) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const textIn = (value: unknown, lengthMax: number): string | undefined =>
  typeof value === "string" && value.length <= lengthMax ? value : undefined;

/** A "no" on the wire. Without an id: nothing that was asked could be told from it. */
export interface WireError {
  readonly type: "error";
  readonly id?: number;
  readonly reason: string;
  readonly detail: string;
}

export const errorIn = (given: Fields): WireError | undefined => {
  const { id } = given;
  const [reason, detail] = [textIn(given.reason, 64), textIn(given.detail, 512)];
  if (reason === undefined || detail === undefined || (id !== undefined && !isWhole(id))) return undefined;
  return { type: "error", ...(id === undefined ? {} : { id }), reason, detail };
};

/** What every request must have, or the error that is its answer. */
export const requestIn = (
  message: unknown,
  lengthMax: number,
): { readonly type: string; readonly id: number; readonly fields: Fields } | WireError => {
  const malformed = (detail: string): WireError => ({ type: "error", reason: "MALFORMED", detail });
  const fields = objectIn(message, lengthMax);
  if (fields === undefined)
    return malformed(`A request is a JSON object of at most ${lengthMax} characters.`);
  const { type, id } = fields;
  return typeof type === "string" && isWhole(id)
    ? { type, id, fields }
    : malformed("A request has a type, and a whole number from 0 on as its id.");
};
