// SPDX-License-Identifier: MIT
/** The REST routes, read from the google.api.http annotations of the schema: one source for routing and OpenAPI. */
import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { http } from "../gen/google/api/annotations_pb.js";
import type { HttpRule } from "../gen/google/api/http_pb.js";
import { PeerNetService } from "../gen/peernet/v1/peernet_pb.js";

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As in the annotation: `/v1/{name=servers/*}:renew`. */
  readonly template: string;
  readonly pattern: RegExp;
  /** Fields of the request that the path sets, in the order of the pattern's groups; dotted where nested. */
  readonly variables: readonly string[];
  /** `*`: the body is the request; a name: the body is that field; empty: no body. */
  readonly body: string;
  /** The field that is the response body; empty: the response is. */
  readonly responseBody: string;
  readonly rpc: DescMethod;
  /** Not the first binding of its method. */
  readonly additional: boolean;
}

const compile = (template: string): { readonly pattern: RegExp; readonly variables: readonly string[] } => {
  const variables: string[] = [];
  const source = template.replace(
    /[.+?^$()|[\]\\]|\{([^=}]+)(?:=([^}]+))?\}|\*/g,
    (found, name?: string, inner?: string) => {
      if (name === undefined) return found === "*" ? "[^/:]+" : `\\${found}`;
      variables.push(name);
      return `(${(inner ?? "*").replaceAll("*", "[^/:]+")})`;
    },
  );
  return { pattern: new RegExp(`^${source}$`), variables };
};

const ruleOf = (rule: HttpRule): readonly [Route["method"], string] | undefined => {
  switch (rule.pattern.case) {
    case "get":
      return ["GET", rule.pattern.value];
    case "post":
      return ["POST", rule.pattern.value];
    case "patch":
      return ["PATCH", rule.pattern.value];
    case "delete":
      return ["DELETE", rule.pattern.value];
    default:
      return undefined;
  }
};

const routesOf = (rpc: DescMethod): readonly Route[] => {
  const first = getOption(rpc, http);
  return [first, ...first.additionalBindings].flatMap((rule, index): Route[] => {
    const found = ruleOf(rule);
    if (found === undefined) return [];
    const [method, template] = found;
    return [
      {
        method,
        template,
        ...compile(template),
        body: rule.body,
        responseBody: rule.responseBody,
        rpc,
        additional: index > 0,
      },
    ];
  });
};

export const routes: readonly Route[] = PeerNetService.methods.flatMap(routesOf);

/** The seed's own way to register: `POST /server`, a JSON string, whatever content type. Kept as an alias of CreateServer. */
export const seedAlias: Route | undefined = routes
  .filter((route) => route.rpc === PeerNetService.method.createServer)
  .map((route) => ({ ...route, template: "/server", pattern: /^\/server$/, additional: true }))[0];

const all = seedAlias === undefined ? routes : [...routes, seedAlias];

export type Found =
  | { readonly kind: "route"; readonly route: Route; readonly values: readonly string[] }
  /** The path is known, the method is not allowed there. */
  | { readonly kind: "method"; readonly allowed: readonly string[] }
  | { readonly kind: "none" };

/** Finds the route of a request. HEAD is answered where GET is. */
export const findRoute = (method: string, path: string): Found => {
  const wanted = method === "HEAD" ? "GET" : method;
  const allowed = new Set<string>();
  for (const route of all) {
    const match = route.pattern.exec(path);
    if (match === null) continue;
    if (route.method === wanted) return { kind: "route", route, values: match.slice(1).map(decode) };
    allowed.add(route.method);
    if (route.method === "GET") allowed.add("HEAD");
  }
  return allowed.size === 0 ? { kind: "none" } : { kind: "method", allowed: [...allowed].sort() };
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
