// SPDX-License-Identifier: MIT
/** A real server, and devices and clients with a real WebRTC stack, on loopback. */
import type { TestContext } from "node:test";
import wrtc from "@roamhq/wrtc";
import {
  connect,
  type DeviceConnection,
  type KnockOptions,
  type ServeOptions,
  type Serving,
  serve,
} from "@signalbox/client/peernet";
import { startBox } from "../peernet/bench.ts";

export const { RTCPeerConnection } = wrtc;
export { startBox };

// wrtc 0.10.0 often crashes while Node takes its environment apart, though not after `process.exit`. By the time nothing
// is left to do the results are there; they are written before the end.
process.once("beforeExit", () => setImmediate(() => process.stdout.write("", () => process.exit())));

/** A device until the end of the test. */
export const startDevice = async (
  test: TestContext,
  options: Omit<ServeOptions, "RTCPeerConnection">,
): Promise<Serving> => {
  const serving = await serve({ RTCPeerConnection, ...options });
  test.after(() => serving.close());
  return serving;
};

/** A connection to a device until the end of the test. */
export const knockAt = async (
  test: TestContext,
  options: Omit<KnockOptions, "RTCPeerConnection">,
): Promise<DeviceConnection> => {
  const connection = await connect({ RTCPeerConnection, ...options });
  test.after(() => connection.close());
  return connection;
};

/** A service that sends back what comes on any channel. */
export const echo = {
  protocol: "echo",
  accept: ({ pc }: { readonly pc: RTCPeerConnection }) => {
    pc.addEventListener("datachannel", ({ channel }) => {
      channel.addEventListener("message", ({ data }) => channel.send(data));
    });
    return undefined;
  },
};

export const nextMessage = (channel: RTCDataChannel): Promise<unknown> =>
  new Promise((resolve) =>
    channel.addEventListener("message", (event) => resolve(event.data), { once: true }),
  );
