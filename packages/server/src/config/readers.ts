// SPDX-License-Identifier: MIT
/**
 * Checks of single values, whether they come as text from a command line and the environment, or as values from a
 * file. A reader gives the value back, or a problem that names the place it came from.
 */
import { isIP } from "node:net";
import { trustedProxies } from "@signalbox/gateway";

/** One sentence: where, what is expected, what was found. */
export interface Problem {
  readonly problem: string;
}

export type Checked<T> = { readonly value: T } | Problem;

export type Reader<T> = (given: unknown, where: string) => Checked<T>;

export const isProblem = (checked: object): checked is Problem => "problem" in checked;

const shown = (given: unknown): string => {
  const text = typeof given === "string" ? JSON.stringify(given) : (JSON.stringify(given) ?? String(given));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

export const expected = (where: string, what: string, given: unknown): Problem => ({
  problem: `${where}: must be ${what}, not ${shown(given)}`,
});

/** Text that is not empty. */
export const text: Reader<string> = (given, where) =>
  typeof given === "string" && given !== ""
    ? { value: given }
    : expected(where, "a text that is not empty", given);

/** The same, never shown. */
export const secretText: Reader<string> = (given, where) =>
  typeof given === "string" && given !== ""
    ? { value: given }
    : { problem: `${where}: must be a text that is not empty` };

export const flag: Reader<boolean> = (given, where) => {
  if (given === true || given === "true" || given === "1" || given === "yes") return { value: true };
  if (given === false || given === "false" || given === "0" || given === "no") return { value: false };
  return expected(where, "true or false", given);
};

export const whole =
  (least: number, most: number): Reader<number> =>
  (given, where) => {
    const number = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
    return typeof number === "number" && Number.isInteger(number) && number >= least && number <= most
      ? { value: number }
      : expected(where, `a whole number from ${least} to ${most}`, given);
  };

/** A list; on a command line each value of its own, in the environment separated by spaces, in a file also one value alone. */
export const listOf =
  <T>(item: Reader<T>): Reader<readonly T[]> =>
  (given, where) => {
    const items: readonly unknown[] = Array.isArray(given) ? given : [given];
    const values: T[] = [];
    for (const [index, one] of items.entries()) {
      const checked = item(
        one,
        Array.isArray(given) && items.length > 1 ? `${where} (number ${index + 1})` : where,
      );
      if (isProblem(checked)) return checked;
      values.push(checked.value);
    }
    return { value: values };
  };

/** `` or `/below/this`: a path of plain segments, its slash at the end taken off. */
export const basePath: Reader<string> = (given, where) => {
  if (given === "" || given === "/") return { value: "" };
  return typeof given === "string" &&
    /^(?:\/[A-Za-z0-9._~-]+)+\/?$/.test(given) &&
    !/\/\.\.?(?:\/|$)/.test(given)
    ? { value: given.replace(/\/$/, "") }
    : expected(where, "a path such as /signal, of letters, digits and ._~-", given);
};

/** A path of a mount: begins with a slash. */
export const mountPath: Reader<string> = (given, where) =>
  typeof given === "string" && given.startsWith("/") && !/[?#\s]/.test(given)
    ? { value: given }
    : expected(where, "a path that begins with /", given);

const parsedUrl = (given: unknown): URL | undefined =>
  typeof given === "string" && URL.canParse(given) ? new URL(given) : undefined;

export const webUrl: Reader<string> = (given, where) => {
  const url = parsedUrl(given);
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "";
  return plain ? { value: url.href.replace(/\/$/, "") } : expected(where, "an http or https address", given);
};

/** An origin as browsers write it (RFC 6454, 6.2), or `null`: the origin of sandboxed pages and files. */
export const origin: Reader<string> = (given, where) => {
  if (given === "null") return { value: "null" };
  const url = parsedUrl(given);
  const plain =
    url !== undefined &&
    url.origin !== "null" &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "";
  return plain ? { value: url.origin } : expected(where, "an origin such as https://page.example", given);
};

/** `stun:host`, `turns:host:5349?transport=tcp` and the like (RFC 7064, RFC 7065). */
export const iceUrl =
  (...schemes: readonly string[]): Reader<string> =>
  (given, where) => {
    const found =
      typeof given === "string" ? /^([a-z]+):([^\s/@?]+)(?:\?transport=(?:udp|tcp))?$/.exec(given) : null;
    return found !== null && schemes.includes(found[1] ?? "")
      ? { value: found[0] }
      : expected(where, `an address such as ${schemes[0]}:${schemes[0]}.example:3478`, given);
  };

export const proxy: Reader<string> = (given, where) =>
  typeof given === "string" && trustedProxies([given]) !== undefined
    ? { value: given }
    : expected(where, "an address or a CIDR block", given);

export const host: Reader<string> = (given, where) => {
  const bare = typeof given === "string" ? given.replace(/^\[(.*)\]$/, "$1") : "";
  return bare === "" || isIP(bare.split("%")[0] ?? "") !== 0 || /^[A-Za-z0-9._-]+$/.test(bare)
    ? typeof given === "string"
      ? { value: bare }
      : expected(where, "a name or an address", given)
    : expected(where, "a name or an address", given);
};

/** An object of a file, whose keys are known. */
export const fields = (
  given: unknown,
  where: string,
  known: readonly string[],
  suggest: (key: string) => string,
): Checked<{ readonly [key: string]: unknown }> => {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return expected(where, "a group of named values", given);
  for (const key of Object.keys(given)) {
    if (!known.includes(key))
      return { problem: `${where}: there is no ${JSON.stringify(key)}${suggest(key)}` };
  }
  return { value: Object.fromEntries(Object.entries(given)) };
};
