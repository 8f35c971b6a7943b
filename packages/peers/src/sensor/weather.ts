// SPDX-License-Identifier: MIT
/** Made-up readings of a room: a day's curve, slow drift, a little noise, and humidity that falls as it gets warmer. */
import { rounded } from "./readings.ts";
import type { Quantity, Reading } from "./wire.ts";

export const climate: readonly Quantity[] = [
  { id: "temperature", label: "Temperature", unit: "Cel", decimals: 1 },
  { id: "humidity", label: "Relative humidity", unit: "%", decimals: 1 },
];

/** Chance from a seed: mulberry32, by Tommy Ettinger. Values from 0 to below 1. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Magnus formula (Alduchov and Eskridge 1996): saturation vapour pressure over water, relative. Degrees Celsius. */
const saturation = (celsius: number): number => Math.exp((17.625 * celsius) / (243.04 + celsius));

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** The warmest time of the day, and how far the day goes up and down from the middle. */
const warmestHour = 16;
const middleCelsius = 20.5;
const swingCelsius = 2.2;
const middleDewPoint = 9.5;

/**
 * Gives a reading for each time it is asked for, later and later. `zoneMs` is what the local clock is ahead of UTC. Drift
 * returns to the middle within some hours (an Ornstein-Uhlenbeck walk), whatever the times between the readings are.
 */
export const weather = (random: () => number, zoneMs = 0): ((at: number) => Reading) => {
  /** Nearly normal, deviation 1: twelve even ones. */
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
  const drifting = (deviation: number, returnMs: number) => {
    let value = deviation * normal();
    return (passedMs: number) => {
      const keeps = Math.exp(-passedMs / returnMs);
      value = value * keeps + deviation * Math.sqrt(1 - keeps * keeps) * normal();
      return value;
    };
  };
  const warmth = drifting(0.5, 3 * hourMs);
  const damp = drifting(1.2, 5 * hourMs);
  let before: number | undefined;
  return (at) => {
    const passed = Math.max(0, at - (before ?? at));
    before = at;
    const turn = ((at + zoneMs) / dayMs - warmestHour / 24) * 2 * Math.PI;
    const celsius = middleCelsius + swingCelsius * Math.cos(turn) + warmth(passed) + 0.03 * normal();
    const dewPoint = Math.min(celsius, middleDewPoint + damp(passed));
    const humidity = (100 * saturation(dewPoint)) / saturation(celsius);
    return { at, values: { temperature: rounded(celsius, 1), humidity: rounded(humidity, 1) } };
  };
};
