// SPDX-License-Identifier: MIT
/** The native protocol in a real browser: the library's own sources in a page, without a build. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { after, before } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { type Box, hall } from "./box.ts";
import type { Actor, Role } from "./cast.ts";
import type { Kind } from "./native-peer.ts";
import type { PageOptions } from "./page-peer.ts";

interface Chromium {
  readonly browser: Browser;
  /** A page with nothing in it but the library and `globalThis.peer`. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

const html = `<!doctype html>
<script type="importmap">{"imports": {"@signalbox/client": "/client/src/index.ts"}}</script>
<script type="module" src="/conformance/src/crossing/page-peer.ts"></script>`;

const startChromium = async (): Promise<Chromium> => {
  const packages = new URL("../../../", import.meta.url);
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://127.0.0.1");
    if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(html);
      return;
    }
    try {
      const source = await readFile(new URL(pathname.slice(1), packages), "utf8");
      response.setHeader("content-type", "text/javascript").end(stripTypeScriptTypes(source));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    chromiumSandbox: false,
    args: [
      "--autoplay-policy=no-user-gesture-required",
      // Names of mDNS need a multicast network; Node's stacks cannot resolve them.
      "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });
  return {
    browser,
    async open() {
      const page = await browser.newPage();
      await page.goto(origin);
      await page.waitForFunction(() => globalThis.peer !== undefined);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
};

/** The one grey that is the same number in full range, as a canvas counts, and in limited range, as most video does. */
const brightness = 113;

const nativeInChromium = (chromium: () => Chromium): Actor => {
  const enter = async (box: Box, options: Pick<PageOptions, "id" | "call" | "channel">): Promise<Role> => {
    const page = await chromium().open();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    box.after(() => page.close());
    await page.evaluate((given) => globalThis.peer.enter(given), {
      url: box.url,
      room: hall,
      brightness,
      ...options,
    });
    const connected = page.evaluate(() => globalThis.peer.connected());
    const agreed = page.evaluate(() => globalThis.peer.agreed());
    // Who looks at them first is told.
    for (const promise of [connected, agreed]) promise.catch(() => {});
    return {
      path: Promise.resolve({
        connected,
        sees: (wanted) => page.evaluate((value) => globalThis.peer.sees(value), wanted),
        hears: () => page.evaluate(() => globalThis.peer.hears()),
      }),
      brightness,
      agreed,
      echo: (text) => page.evaluate((value) => globalThis.peer.echo(value), text),
      faults: () => errors,
    };
  };
  return {
    name: "native in Chromium",
    protocol: "native",
    sends: ["audio", "video", "application"],
    awaits: (box, id) => enter(box, { id }),
    calls: (box, id, call, kinds: readonly Kind[]) =>
      enter(box, { id, call, channel: kinds.includes("application") }),
  };
};

/** A page in a browser that runs as long as the tests of the `describe` this is called in. */
export const pageForThese = (): Actor => {
  let chromium: Chromium | undefined;
  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.close());
  return nativeInChromium(() => {
    if (chromium === undefined) throw new Error("the browser has not started");
    return chromium;
  });
};
