// SPDX-License-Identifier: MIT
/** How this page reaches its server: what `@signalbox/client/peernet` asks of everybody. */
export interface Access {
  /** The folder the page was served from: everything of the server lies below it. */
  readonly url: string;
  /** The password of the server, once it was asked for and given. */
  readonly secret?: string;
}

const secretKey = "signalbox.secret";

/** For this tab only. */
export const firstAccess = (): Access => {
  const url = new URL("./", window.location.href).href;
  try {
    const secret = window.sessionStorage.getItem(secretKey);
    return secret === null ? { url } : { url, secret };
  } catch {
    // Storage is forbidden here (a setting of the browser): the page works without its memory.
    return { url };
  }
};

export const rememberSecret = (secret: string): void => {
  try {
    window.sessionStorage.setItem(secretKey, secret);
  } catch {
    // As above.
  }
};
