// SPDX-License-Identifier: MIT
/** The page: files read once at the start. A path that is not one of them does not exist, whatever it looks like. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { type Exchange, type Headers, type Route, say, sayNothing, sayText } from "@signalbox/gateway";

const types: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".map": "application/json",
};

/** Only what the page itself brings: its scripts and styles, its own server, and media of the calls. */
const pageHeaders: Headers = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob: mediastream:",
    "font-src 'self'",
    // Spelled out for browsers that do not count WebSockets to 'self'.
    "connect-src 'self' ws: wss:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; "),
  "permissions-policy": "camera=(self), microphone=(self), display-capture=(self)",
  "referrer-policy": "no-referrer",
};

/** A name that changes with its content, as bundlers write them: `main-B1x9_aQz.js`. */
const hashed = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

interface Asset {
  readonly body: Uint8Array;
  readonly headers: Headers;
  readonly etag: string;
}

const asset = (name: string, body: Uint8Array): Asset => {
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return {
    body,
    etag,
    headers: {
      "content-type": types[extname(name)] ?? "application/octet-stream",
      "cache-control": hashed.test(name) ? "public, max-age=31536000, immutable" : "no-cache",
      etag,
      ...(name.endsWith(".html") ? pageHeaders : {}),
    },
  };
};

const serve =
  ({ body, headers, etag }: Asset) =>
  ({ request, response }: Exchange): void => {
    const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known?.includes(etag) === true || known?.includes("*") === true) sayNothing(response, 304, headers);
    else say(response, 200, headers, body);
  };

/** The routes of a folder: every file at its own path, `index.html` at `/`. Without the folder: a sentence at `/`. */
export const pageRoutes = async (folder: string): Promise<readonly Route[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const routes: Route[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length).replaceAll("\\", "/").replace(/^\/*/, "/");
    const handle = serve(asset(entry.name, await readFile(file)));
    routes.push({ name: "page", methods: ["GET"], path, handle });
    if (path === "/index.html") routes.push({ name: "page", methods: ["GET"], path: "/", handle });
  }
  return routes.length > 0 ? routes : [{ name: "page", methods: ["GET"], path: "/", handle: pageMissing }];
};

const pageMissing = ({ response }: Exchange): void =>
  sayText(response, 404, "404: Signalbox is running here, without its page: that has not been built.");
