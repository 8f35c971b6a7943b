// SPDX-License-Identifier: MIT
/** This page as a sensor of a made-up room. */
import {
  climate,
  openSensor,
  type Reading,
  type Sensor,
  seeded,
  sensorService,
  weather,
  withUnit,
} from "@signalbox/peers/sensor";
import { useEffect, useState } from "preact/hooks";
import { PlaceForm, Standing } from "../being.tsx";
import type { OfferProps } from "../kinds.ts";
import { useDevice } from "../serving.ts";

/** Between two readings, and of the day before. Milliseconds. */
const everyMs = 2_000;
const pastMs = 86_400_000;
const pastStepMs = 60_000;

const ground = {
  now: () => Date.now(),
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const madeUp = (label: string): { readonly sensor: Sensor; readonly measure: () => void } => {
  const [seed = 1] = crypto.getRandomValues(new Uint32Array(1));
  const sensor = openSensor({ label, quantities: climate, ground });
  const next = weather(seeded(seed), -new Date().getTimezoneOffset() * 60_000);
  const now = Date.now();
  for (let at = now - pastMs; at < now; at += pastStepMs) sensor.measure(next(at));
  return { sensor, measure: () => void sensor.measure(next(Date.now())) };
};

export const BeSensor = ({ access }: OfferProps) => {
  const { being, start, stop } = useDevice(access);
  const [made, setMade] = useState<ReturnType<typeof madeUp>>();
  const [shown, show] = useState<{ readonly reading: Reading | undefined; readonly viewers: number }>();
  useEffect(() => {
    if (made === undefined) return;
    const timer = setInterval(() => {
      made.measure();
      show({ reading: made.sensor.readings.latest, viewers: made.sensor.viewers });
    }, everyMs);
    return () => {
      clearInterval(timer);
      made.sensor.close();
    };
  }, [made]);

  if (being.is === "not" || being.is === "over" || being.is === "starting") {
    return (
      <>
        <p class="device-lead">
          This page becomes a sensor: temperature and humidity of a room that is made up, with the day that
          was.
        </p>
        <PlaceForm
          suggestion="Made-up room"
          starting={being.is === "starting"}
          start={(place) => {
            const next = madeUp(place.name);
            next.measure();
            setMade(next);
            void start(place, [sensorService(next.sensor)]);
          }}
        />
        <Standing being={being} service="sensor" />
      </>
    );
  }
  const values = shown?.reading?.values ?? {};
  return (
    <>
      <Standing being={being} service="sensor" />
      <section class="panel own-device" aria-label="What is measured">
        <ul class="own-values">
          {climate.map((quantity) => (
            <li key={quantity.id}>
              {quantity.label} <strong>{withUnit(values[quantity.id] ?? 0, quantity)}</strong>
            </li>
          ))}
        </ul>
        <p class="aside" data-part="viewers">
          {shown?.viewers === 1 ? "1 viewer" : `${shown?.viewers ?? 0} viewers`}
        </p>
        <button
          type="button"
          class="side-button"
          onClick={() => {
            stop();
            setMade(undefined);
          }}
        >
          Stop
        </button>
      </section>
    </>
  );
};
