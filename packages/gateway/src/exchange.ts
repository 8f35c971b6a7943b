// SPDX-License-Identifier: MIT
/** One HTTP request and its answer, of whichever version of HTTP. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

export type Headers = { readonly [name: string]: string };

/** Begins an answer. The two kinds of response differ in what else they could take; this much is the same. */
export const sayHead = (response: HttpResponse, status: number, headers: Headers): void => {
  if ("stream" in response) response.writeHead(status, headers);
  else response.writeHead(status, headers);
};

/** An answer that is whole. Its body is left out where the request was HEAD. */
export const say = (
  response: HttpResponse,
  status: number,
  headers: Headers,
  body: string | Uint8Array,
): void => {
  sayHead(response, status, {
    "content-length": String(typeof body === "string" ? Buffer.byteLength(body) : body.byteLength),
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
};

/** An answer without a body. */
export const sayNothing = (response: HttpResponse, status: number, headers: Headers): void => {
  sayHead(response, status, headers);
  response.end();
};

export const sayText = (
  response: HttpResponse,
  status: number,
  sentence: string,
  headers: Headers = {},
): void =>
  say(
    response,
    status,
    { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
    `${sentence}\n`,
  );
