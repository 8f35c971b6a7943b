// SPDX-License-Identifier: MIT
/** A sensor as a service of a device. */
import type { ServiceOffer } from "@signalbox/client/peernet";
import type { Sensor } from "./sensor.ts";
import { sensorProtocol } from "./wire.ts";

/** Of one guest: each is a viewer with a feed of its own. */
const channelsMax = 4;

export const sensorService = (sensor: Sensor): ServiceOffer => ({
  protocol: "sensor",
  version: "1.0",
  // What it measures can be read before anybody knocks.
  attributes: {
    quantities: sensor.quantities.map(({ id, label, unit }) => ({ id, label, unit })),
  },
  accept({ pc }) {
    const { full } = sensor;
    if (full !== undefined) return { reject: full };
    let channels = 0;
    pc.addEventListener("datachannel", ({ channel }) => {
      if (channel.protocol !== sensorProtocol || channels >= channelsMax) return channel.close();
      channels += 1;
      sensor.take(channel);
      channel.addEventListener("close", () => {
        channels -= 1;
      });
    });
    return undefined;
  },
});

/** The channel to open to one. */
export const sensorChannel = { label: "sensor", protocol: sensorProtocol } as const;
