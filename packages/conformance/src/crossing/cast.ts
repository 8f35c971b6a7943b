// SPDX-License-Identifier: MIT
/** Who meets in the matrix: each protocol, on each stack that can stand behind it. */
import { handClock } from "@signalbox/core/testing";
import { type Box, hall } from "./box.ts";
import { type CompleteEndpoint, flitterPeer } from "./flitter-peer.ts";
import { type Kind, type NativeStack, nativePeer } from "./native-peer.ts";
import { flitterOnWerift, nativeOnWerift, weriftBrightness } from "./on-werift.ts";
import { flitterOnWrtc, nativeOnWrtc, unruptOnWrtc } from "./on-wrtc.ts";
import type { Path } from "./path.ts";
import { peerNetCall, peerNetDevice } from "./peernet-peer.ts";
import { unruptPage } from "./unrupt-peer.ts";
import { dial } from "./wire.ts";

/** One end of a call. */
export interface Role {
  /** Rejects where the call comes to nothing. */
  readonly path: Promise<Path>;
  /** Of the pictures it sends. */
  readonly brightness: number;
  /** Settles when this end has nothing more to say to the other before media flow. */
  readonly agreed: Promise<unknown>;
  /** What came back for a text said on the data channel. Only where both ends have one. */
  echo?(text: string): Promise<string>;
  /** What its program would complain of; empty if all is well. */
  faults(): readonly string[];
}

export interface Actor {
  readonly name: string;
  readonly protocol: "native" | "flitter" | "unrupt" | "lan" | "peernet";
  readonly sends: readonly Kind[];
  /** Comes into the hall, and takes the first call, which will be of these kinds. */
  awaits(box: Box, id: string, kinds: readonly Kind[]): Promise<Role>;
  /** Comes into the hall, and calls whoever has that id. */
  calls(box: Box, id: string, to: string, kinds: readonly Kind[]): Promise<Role>;
}

const wrtcBrightness = { caller: 50, callee: 80 };

/** Time stands still for the models: an original that tries a second time has failed the first time. */
const still = handClock();

type As = "caller" | "callee";

const flitter = (
  stack: string,
  brightnessOf: (as: As) => number,
  make: (box: Box, brightness: number) => CompleteEndpoint & Path,
): Actor => {
  const play = (box: Box, id: string, call?: string): Role => {
    const brightness = brightnessOf(call === undefined ? "callee" : "caller");
    const peer = flitterPeer({
      room: hall,
      id,
      ...(call === undefined ? {} : { call }),
      dial: () => dial(box.url),
      endpoint: async () => make(box, brightness),
      clock: still,
    });
    box.after(peer.stop);
    const path = peer.ended.then((end) => {
      if (end.how === "given-up") throw new Error("Flitter gave up", { cause: end.why });
      box.after(end.endpoint.close);
      return end.endpoint;
    });
    path.catch(() => {});
    return { path, brightness, agreed: path, faults: () => peer.setbacks };
  };
  return {
    name: `flitter on ${stack}`,
    protocol: "flitter",
    sends: ["video"],
    awaits: async (box, id) => play(box, id),
    calls: async (box, id, to) => play(box, id, to),
  };
};

const unrupt: Actor = {
  name: "unrupt on wrtc",
  protocol: "unrupt",
  sends: ["audio", "video"],
  async awaits(box, id) {
    const { page, role } = await openPage(box, id, wrtcBrightness.callee);
    return role(page.share(), Promise.resolve());
  },
  async calls(box, id, to) {
    const { page, role } = await openPage(box, id, wrtcBrightness.caller);
    return role(page.accept(to), page.hears("answer"));
  },
};

const openPage = async (box: Box, id: string, brightness: number) => {
  const page = unruptPage({
    id,
    wire: await dial(box.unruptUrl(id)),
    endpoint: () => unruptOnWrtc(brightness),
    clock: still,
  });
  box.after(page.stop);
  const role = (path: Path, agreed: Promise<unknown>): Role => ({
    path: Promise.resolve(path),
    brightness,
    agreed,
    faults: () => [...page.alerts, ...page.logged],
  });
  return { page, role };
};
const native = (
  stack: string,
  brightnessOf: (as: As) => number,
  make: (box: Box, brightness: number, kinds: readonly Kind[]) => NativeStack,
): Actor => ({
  name: `native on ${stack}`,
  protocol: "native",
  sends: ["audio", "video", "application"],
  async awaits(box, id, kinds) {
    const brightness = brightnessOf("callee");
    const own = make(box, brightness, kinds);
    const room = await nativePeer(box, id, own);
    const called = new Promise<{ path: Path; agreed: Promise<void> }>((resolve) => {
      room.on("call", (call) => {
        const path = own.pathOf(call);
        call.on("channel", (channel) => {
          channel.onmessage = ({ data }) => channel.send(data);
        });
        resolve({ path, agreed: call.accept(own.media) });
      });
    });
    return {
      path: called.then(({ path }) => path),
      brightness,
      agreed: called.then(({ agreed }) => agreed),
      faults: () => [],
    };
  },
  async calls(box, id, to, kinds) {
    const brightness = brightnessOf("caller");
    const own = make(box, brightness, kinds);
    const room = await nativePeer(box, id, own);
    const channels = kinds.includes("application") ? ["talk"] : [];
    const call = room.call(to, { ...own.media, channels });
    return {
      path: Promise.resolve(own.pathOf(call)),
      brightness,
      agreed: call.opened(),
      echo: (text) =>
        new Promise((resolve, reject) => {
          const channel = call.channel("talk");
          if (channel === undefined) return reject(new Error("no data channel"));
          channel.onmessage = ({ data }) => resolve(String(data));
          channel.send(text);
        }),
      faults: () => [],
    };
  },
});

const onWrtc = (as: As) => wrtcBrightness[as];
const onWerift = () => weriftBrightness;

/** Over plain HTTP: a device that polls, a client that knocks. */
const peerNet: Actor = {
  name: "peernet on wrtc",
  protocol: "peernet",
  sends: ["audio", "video", "application"],
  async awaits(box, id, kinds) {
    const brightness = wrtcBrightness.callee;
    const device = peerNetDevice(box);
    await device.register(id);
    const path = device.serve(id, { kinds, brightness });
    path.catch(() => {});
    return { path, brightness, agreed: path.then(({ said }) => said), faults: () => [] };
  },
  async calls(box, _id, to, kinds) {
    const brightness = wrtcBrightness.caller;
    const path = peerNetCall(box, to, { kinds, brightness });
    path.catch(() => {});
    return {
      path,
      brightness,
      agreed: path,
      echo: async (text) => (await path).echo(text),
      faults: () => [],
    };
  },
};

export const cast: readonly Actor[] = [
  native("wrtc", onWrtc, (_, brightness) => nativeOnWrtc(brightness)),
  native("werift", onWerift, (box, _, kinds) => nativeOnWerift(box.stun.url, kinds)),
  flitter("wrtc", onWrtc, (_, brightness) => flitterOnWrtc(brightness)),
  flitter("werift", onWerift, (box) => flitterOnWerift(box.stun.url)),
  unrupt,
  peerNet,
];
