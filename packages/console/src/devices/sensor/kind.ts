// SPDX-License-Identifier: MIT
import type { DeviceKind } from "../kinds.ts";
import { BeSensor } from "./be-sensor.tsx";
import { SensorView } from "./sensor-view.tsx";

export const sensorKind: DeviceKind = {
  protocol: "sensor",
  name: "Sensor",
  icon: "gauge",
  View: SensorView,
  offer: { label: "Be a sensor", Offer: BeSensor },
};
