// SPDX-License-Identifier: MIT
/** A sensor as a service of a device. */
import type { ServiceOffer } from "@signalbox/client/peernet";
import type { Sensor } from "./sensor.ts";
import { sensorProtocol } from "./wire.ts";

export const sensorService = (sensor: Sensor): ServiceOffer => ({
  protocol: "sensor",
  version: "1.0",
  displayName: sensor.label,
  // What it measures can be read before anybody knocks.
  attributes: {
    quantities: sensor.quantities.map(({ id, label, unit }) => ({ id, label, unit })),
  },
  accept({ pc }) {
    pc.addEventListener("datachannel", ({ channel }) => {
      if (channel.protocol === sensorProtocol) sensor.take(channel);
      else channel.close();
    });
    return undefined;
  },
});

/** The channel to open to one. */
export const sensorChannel = { label: "sensor", protocol: sensorProtocol } as const;
