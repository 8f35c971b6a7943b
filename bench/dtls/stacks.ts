// SPDX-License-Identifier: MIT
/** Where ends come from: libwebrtc in Node, werift, and Chromium where that is installed. */
import { existsSync } from "node:fs";
import wrtc from "@roamhq/wrtc";
import { chromium, type Page } from "playwright-core";
import { type PeerConfig, RTCPeerConnection as WeriftConnection } from "werift";
import { stunServer } from "../../packages/client/src/testing/stun.ts";
import { createEnd, type End, type EndConstructor } from "./end.ts";

export const stackNames = ["wrtc", "werift", "chromium"] as const;
export type StackName = (typeof stackNames)[number];

export interface Stack {
  end(): Promise<End>;
  close(): Promise<void>;
}

const wrtcStack = async (): Promise<Stack> => ({
  end: async () => createEnd(wrtc.RTCPeerConnection, { iceServers: [] }),
  close: async () => {},
});

/** On the loopback only. It would ask a public STUN server if it were given none. */
const weriftStack = async (): Promise<Stack> => {
  const stun = await stunServer();
  const surroundings: Partial<PeerConfig> = {
    iceServers: [{ urls: stun.url }],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceUseTcp: false,
    iceAdditionalHostAddresses: ["127.0.0.1"],
  };
  class Connection extends WeriftConnection {
    constructor() {
      super(surroundings);
    }
  }
  return {
    // Near enough to the browser's for what an end does with it.
    end: async () => createEnd(Connection as unknown as EndConstructor, {}),
    close: async () => stun.close(),
  };
};

const chromiumPath = "/usr/bin/chromium";

declare global {
  var benchEnd: End;
}

const chromiumStack = async (): Promise<Stack> => {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    chromiumSandbox: false,
    args: [
      // Names of mDNS need a multicast network; Node's stacks cannot resolve them.
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });
  const free: Page[] = [];
  return {
    async end() {
      const page = free.pop() ?? (await (await browser.newContext()).newPage());
      await page.evaluate(`globalThis.benchEnd = (${createEnd})(RTCPeerConnection, { iceServers: [] })`);
      return {
        offer: () => page.evaluate(() => benchEnd.offer()),
        answer: (offer, setup) =>
          page.evaluate((given) => benchEnd.answer(...given), [offer, setup] as const),
        finish: (answer, withinMs) =>
          page.evaluate((given) => benchEnd.finish(...given), [answer, withinMs] as const),
        async close() {
          await page.evaluate(() => benchEnd.close());
          free.push(page);
        },
      };
    },
    close: () => browser.close(),
  };
};

export const startStack: { readonly [Name in StackName]: () => Promise<Stack> } = {
  wrtc: wrtcStack,
  werift: weriftStack,
  chromium: chromiumStack,
};

export const isInstalled = (name: StackName): boolean => name !== "chromium" || existsSync(chromiumPath);
