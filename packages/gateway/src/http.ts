// SPDX-License-Identifier: MIT
/** The HTTP exchange: a small table of routes, and answers. Handlers know what they say; this file knows how. */
import { type Refusal, refusals } from "@signalbox/core";
import { type HttpRequest, type HttpResponse, sayText } from "./exchange.ts";
import { queryReader } from "./handshake.ts";
import { readTarget } from "./target.ts";

/** One request and its answer to be. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Below the base path, percent-decoded. */
  readonly path: string;
  /** As it came, without the `?`. */
  readonly search: string;
  /** Who asks, as far as trusted proxies tell. */
  readonly address: string;
  query(name: string): string | undefined;
}

export interface Route {
  /** Shown in metrics; never what a client wrote. */
  readonly name: string;
  /** HEAD comes with GET. */
  readonly methods: readonly ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")[];
  /** One path; or everything below it, when it ends with `/*`. */
  readonly path: string;
  readonly handle: (exchange: Exchange) => void | Promise<void>;
  /** Tells a refusal in its own words. Default: the status, and a sentence. */
  readonly refuse?: (exchange: Exchange, no: Refusal) => void | Promise<void>;
}

export interface RouterParts {
  /** The first that matches a path and method gets the request. */
  readonly routes: readonly Route[];
  readonly basePath: string;
  /** The address at the other end of a request. */
  readonly address: (request: HttpRequest) => string;
  /** Takes one request of an address: undefined, or why it may not have it. */
  readonly admit: (address: string) => Refusal | undefined;
  /** An answer has begun. `route` is the name of a route, or `none`. */
  readonly answered: (route: string, status: number) => void;
  /** A handler threw, which is a bug; the client has been told 500. */
  readonly failed: (error: unknown) => void;
}

const matches = (route: Route, path: string): boolean =>
  route.path.endsWith("/*") ? path.startsWith(route.path.slice(0, -1)) : path === route.path;

export const router = (parts: RouterParts) => {
  const { routes, basePath, answered, failed, address, admit } = parts;
  return (request: HttpRequest, response: HttpResponse): void => {
    const target = readTarget(request.url ?? "", basePath);
    // Without the slash the page's own relative addresses would point beside the base path.
    if (basePath !== "" && request.url === basePath) return redirect(response, `${basePath}/`);
    const here = target === undefined ? [] : routes.filter((route) => matches(route, target.path));
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = here.find(({ methods }) => methods.some((served) => served === method));
    response.once("finish", () => answered(route?.name ?? "none", response.statusCode));
    const from = address(request);
    const no = admit(from);
    if (no !== undefined && route?.refuse === undefined) return sayRefusal(response, no);
    if (route === undefined || target === undefined) {
      const allowed = here.flatMap(({ methods }) => methods);
      if (allowed.length === 0) sayText(response, 404, "404: Not Found");
      else sayText(response, 405, "405: Method Not Allowed", { allow: allowHeader(allowed) });
      return;
    }
    const exchange: Exchange = {
      request,
      response,
      path: target.path,
      search: target.query,
      address: from,
      query: queryReader(target.query),
    };
    const handle = (): void | Promise<void> =>
      no === undefined ? route.handle(exchange) : route.refuse?.(exchange, no);
    Promise.try(handle).catch((error: unknown) => {
      failed(error);
      if (response.headersSent) response.destroy();
      else sayText(response, 500, "500: Internal Server Error");
    });
  };
};

const sayRefusal = (response: HttpResponse, no: Refusal): void =>
  sayText(response, refusals[no.code].http, `${refusals[no.code].http}: ${refusals[no.code].sentence}`, {
    "retry-after": String(Math.ceil((no.retryAfterMs ?? 1_000) / 1_000)),
  });

const redirect = (response: HttpResponse, location: string): void =>
  sayText(response, 308, location, { location });

const allowHeader = (methods: readonly string[]): string =>
  [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
