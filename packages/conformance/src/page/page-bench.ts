// SPDX-License-Identifier: MIT
/** A server with the page as its sources stand, and real browsers that open it. */
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { type RunningServer, type ServerConfig, startServer } from "@signalbox/server";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";

const consoleFolder = join(import.meta.dirname, "../../../console");

/** Whoever cleans up. */
type Scope = Pick<TestContext, "after">;

/** A plain TCP forwarder: the cable between the browsers and the server, which a test may cut. */
export interface Cable {
  readonly port: number;
  /** Cuts every connection, and refuses new ones until `mend`. */
  readonly cut: () => void;
  readonly mend: () => void;
}

const layCable = async (scope: Scope, to: () => number): Promise<Cable> => {
  const sockets = new Set<Socket>();
  let whole = true;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = createServer((near) => {
    keep(near);
    if (!whole) return void near.resetAndDestroy();
    const far = connect(to(), "127.0.0.1");
    keep(far);
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    whole = false;
    for (const socket of [...sockets]) socket.destroy();
  };
  scope.after(() => {
    cut();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the cable has no port");
  return {
    port: address.port,
    cut,
    mend: () => {
      whole = true;
    },
  };
};

export interface Station {
  /** The address of the page, by way of the cable; with a slash at the end. */
  readonly url: string;
  readonly server: () => RunningServer;
  readonly cable: Cable;
  /** Ends the server and starts a new one that knows nothing of the old. */
  readonly restart: () => Promise<void>;
}

export const openStation = async (
  scope: Scope,
  pageFolder: string,
  config: ServerConfig = {},
): Promise<Station> => {
  const start = (): Promise<RunningServer> =>
    startServer({ host: "127.0.0.1", port: 0, level: "silent", ...config }, { pageFolder });
  let server = await start();
  const end = (): Promise<void> => {
    server.cut();
    return server.close();
  };
  scope.after(end);
  const cable = await layCable(scope, () => server.port);
  return {
    url: `http://127.0.0.1:${cable.port}${config.basePath ?? ""}/`,
    server: () => server,
    cable,
    async restart() {
      await end();
      server = await start();
    },
  };
};

const usual = [
  "--no-sandbox",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
] as const;

export interface Stage {
  readonly browser: () => Browser;
  /** The page, built from its sources as they stand. */
  readonly folder: () => string;
}

/** For a suite: one browser, and one build of the page. `without`: of the usual switches, those to leave out. */
export const setStage = ({
  more = [],
  without = [],
}: {
  readonly more?: readonly string[];
  readonly without?: readonly string[];
} = {}): Stage => {
  let browser: Browser | undefined;
  let folder: string | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "signalbox-page-"));
    await build({ root: consoleFolder, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: [...usual.filter((one) => !without.includes(one)), ...more],
    });
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  const set = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error("the stage is set by the suite's `before`");
    return thing;
  };
  return { browser: () => set(browser), folder: () => set(folder) };
};

/** What a page must never do: throw, or ask for anything that its policy forbids. */
const watch = (page: Page, complaints: string[]): void => {
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  page.on("console", (message) => {
    // A line that cannot be opened is reported by the browser itself; the page says it in its own words.
    if (message.type() === "error" && !/WebSocket|ERR_CONNECTION|ERR_EMPTY_RESPONSE/.test(message.text()))
      complaints.push(`logged: ${message.text()}`);
  });
};

export interface Visit {
  readonly page: Page;
  /** Errors of the page so far. */
  readonly complaints: readonly string[];
}

export const visit = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> => {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  watch(page, complaints);
  await page.goto(url);
  return { page, complaints };
};

/** A server of its own for a test, and people in one room of it. */
export const meet = async (
  t: TestContext,
  stage: Stage,
  names: readonly string[],
  options: BrowserContextOptions = {},
): Promise<{ readonly station: Station; readonly visits: readonly Visit[] }> => {
  const station = await openStation(t, stage.folder());
  const visits: Visit[] = [];
  for (const name of names) {
    const visitor = await visit(stage.browser(), station.url, options);
    t.after(() => visitor.page.context().close());
    await enter(visitor.page, "harbour", name);
    visits.push(visitor);
  }
  return { station, visits };
};

/** Through the door: a person types a room and a name. */
export const enter = async (page: Page, room: string, name: string): Promise<void> => {
  await page.getByLabel("Room").fill(room);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Enter the room" }).click();
  await page.getByRole("heading", { level: 1, name: room }).waitFor();
};

/** One calls, the other accepts with the button of that name; both are connected afterwards. */
export const call = async (
  from: Page,
  to: Page,
  names: readonly [from: string, to: string],
  how: "Call" | "Chat" = "Call",
  accept = how === "Call" ? "Accept with video" : "Accept",
): Promise<void> => {
  await from
    .getByRole("button", { name: `${how} ${how === "Chat" ? "with " : ""}${names[1]}`, exact: true })
    .click();
  await to
    .getByRole("alertdialog", { name: `${names[0]} is calling` })
    .getByRole("button", { name: accept, exact: true })
    .click();
  await callWith(from, names[1], "connected").waitFor();
  await callWith(to, names[0], "connected").waitFor();
};

/** The call with a peer, as it is drawn. */
export const callWith = (page: Page, peer: string, phase?: string) =>
  page.locator(
    `article[data-call=${JSON.stringify(peer)}]${phase === undefined ? "" : `[data-phase=${phase}]`}`,
  );

/** Waits until a video shows new pictures: some frames more than the first. */
export const framesAdvance = (
  page: Page,
  selector: string,
): Promise<{ readonly width: number; readonly frames: number }> =>
  page.evaluate(async (which) => {
    const seek = (): HTMLVideoElement | null => document.querySelector<HTMLVideoElement>(which);
    const video = await new Promise<HTMLVideoElement>((resolve) => {
      const look = (): void => {
        const found = seek();
        if (found === null) requestAnimationFrame(look);
        else resolve(found);
      };
      look();
    });
    return new Promise<{ width: number; frames: number }>((resolve) => {
      let first: number | undefined;
      const frame = (_now: number, { presentedFrames }: VideoFrameCallbackMetadata): void => {
        first ??= presentedFrames;
        if (presentedFrames - first >= 3)
          resolve({ width: video.videoWidth, frames: presentedFrames - first });
        else video.requestVideoFrameCallback(frame);
      };
      video.requestVideoFrameCallback(frame);
    });
  }, selector);
