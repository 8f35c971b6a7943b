// SPDX-License-Identifier: MIT

/** What a request line asks for, below the server's base path. */
export interface Target {
  /** Percent-decoded, beginning with `/`. */
  readonly path: string;
  /** As it came, without the `?`. */
  readonly query: string;
}

/**
 * Reads a request target (RFC 9112, 3.2: origin-form, or absolute-form as proxies send it). Undefined where it lies
 * outside the base path or cannot be decoded. The base path is `` or begins with `/` and does not end with one.
 */
export const readTarget = (requestTarget: string, basePath: string): Target | undefined => {
  const local = requestTarget.startsWith("/")
    ? requestTarget
    : /^https?:\/\/[^/?]*(.*)$/i.exec(requestTarget)?.[1];
  if (local === undefined) return undefined;
  const mark = local.indexOf("?");
  const query = mark < 0 ? "" : local.slice(mark + 1);
  let path: string;
  try {
    path = decodeURIComponent(mark < 0 ? local : local.slice(0, mark));
  } catch {
    return undefined;
  }
  if (path !== basePath && !path.startsWith(`${basePath}/`))
    return path === "" && basePath === "" ? { path: "/", query } : undefined;
  const below = path.slice(basePath.length);
  return { path: below === "" ? "/" : below, query };
};
