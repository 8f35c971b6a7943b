// SPDX-License-Identifier: MIT
/** A process that wants a device, again and again: until its answer is here, and until a data channel is open. */
import { connect, find } from "@signalbox/client/peernet";
import { type Cable, layCable } from "./calls/cable.ts";
import { type Device, startDevice, type WaitingWay } from "./calls/device.ts";
import { Stopwatch, wrtcUnder } from "./calls/stopwatch.ts";
import { answering } from "./child.ts";

export interface CallJob {
  readonly port: number;
  readonly ways: readonly WaitingWay[];
  /** Between each side and the server. Milliseconds. */
  readonly oneWayMs: readonly number[];
  readonly rounds: number;
}

export interface CallTimes {
  readonly way: WaitingWay;
  readonly oneWayMs: number;
  readonly round: number;
  /** Begun by each side from the wish to the open channel; the device's with that by which it waits for the next knock. */
  readonly clientRequests: number;
  readonly deviceRequests: number;
  /** From the request with the offer until the answer is here, without the time the device took to make it. Milliseconds. */
  readonly signalingMs: number;
  /** From the wish, with all that both WebRTC stacks do. Milliseconds. */
  readonly answerMs: number;
  readonly openMs: number;
}

interface Place {
  readonly way: WaitingWay;
  readonly oneWayMs: number;
  readonly id: string;
  readonly cable: Cable;
  readonly device: Device;
}

const call = async (
  { way, oneWayMs, id, cable: { url }, device }: Place,
  round: number,
): Promise<CallTimes> => {
  const watch = new Stopwatch();
  const { fetch } = watch;
  await device.waits();
  // Who wants a device has looked at a list before; its connection to the server is open.
  await Promise.all([find({ url, fetch, protocol: "bench", most: 1 }), device.warm()]);
  watch.reset();
  device.watch.reset();
  const at = performance.now();
  const connection = await connect({
    url,
    fetch,
    to: { server: id, protocol: "bench" },
    channels: ["bench"],
    RTCPeerConnection: wrtcUnder(watch),
  });
  const openMs = performance.now() - at;
  const clientRequests = watch.requests;
  await device.waits();
  const makingMs = device.watch.toldAt - device.watch.heardAt;
  connection.close();
  device.hangUp();
  return {
    way,
    oneWayMs,
    round,
    clientRequests,
    deviceRequests: device.watch.requests,
    signalingMs: watch.heardAt - watch.toldAt - makingMs,
    answerMs: watch.heardAt - at,
    openMs,
  };
};

answering(async ({ port, ways, oneWayMs, rounds }: CallJob): Promise<readonly CallTimes[]> => {
  const places: Place[] = [];
  const times: CallTimes[] = [];
  try {
    for (const ms of oneWayMs) {
      const cable = await layCable(port, ms);
      for (const way of ways) {
        const id = `${way.replace(" ", "-")}-${ms}`;
        places.push({ way, oneWayMs: ms, id, cable, device: await startDevice(way, cable.url, id) });
      }
    }
    // Round 0 warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const place of places) {
        const told = await call(place, round);
        if (round > 0) times.push(told);
      }
    }
    return times;
  } finally {
    await Promise.all(places.map(({ device }) => device.close()));
    for (const { cable } of places) cable.close();
  }
});
