// SPDX-License-Identifier: MIT
export { DeviceRefusal } from "../conversation.ts";
export { defaultReadingsMax, mostReadings, openSensor, type Sensor, type SensorOptions } from "./sensor.ts";
export { sensorChannel, sensorService } from "./service.ts";
export { unitSymbol, withUnit } from "./units.ts";
export { type HistoryAsked, type SensorView, viewSensor } from "./view-sensor.ts";
export { climate, seeded, weather } from "./weather.ts";
export type { Column, Description, History, Quantity, Reading, Values } from "./wire.ts";
export { sensorErrors, sensorProtocol } from "./wire.ts";
