// SPDX-License-Identifier: MIT
/** A bare `node:http` server that parses what it is sent, keeps it by name, and says it back: two requests a knock. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { type Started, started } from "./started.ts";

export const http = (): Promise<Started> => {
  const knocks = new Map<string, object>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body: object = JSON.parse(Buffer.concat(parts).toString());
      const asked = /^\/v1\/(.+):answer$/.exec(request.url ?? "")?.[1];
      const name = asked ?? `servers/cam/services/camera/knocks/${randomUUID()}`;
      const knock = { name, ...knocks.get(name), ...body };
      // What is answered is over.
      if (asked === undefined) knocks.set(name, knock);
      else knocks.delete(name);
      response
        .writeHead(asked === undefined ? 202 : 200, { "content-type": "application/json" })
        .end(JSON.stringify({ knock }));
    });
  });
  return started(server);
};
