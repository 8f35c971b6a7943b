// SPDX-License-Identifier: MIT
/** A sensor: what it measures now, and how that went. */
import {
  type History,
  type Quantity,
  type Reading,
  type SensorView as Sensor,
  sensorChannel,
  unitSymbol,
  viewSensor,
  withUnit,
} from "@signalbox/peers/sensor";
import { useEffect, useState } from "preact/hooks";
import type { ViewProps } from "../kinds.ts";
import { useMeeting } from "../meeting.ts";
import { Refused } from "../shell.tsx";
import { Plot } from "./plot.tsx";

const spans = [
  ["10 minutes", 600_000],
  ["1 hour", 3_600_000],
  ["6 hours", 21_600_000],
  ["24 hours", 86_400_000],
  ["7 days", 604_800_000],
] as const;

/** The plot is asked for anew this often. Milliseconds; a point of a day's plot is about three minutes wide. */
const refreshMs = 5_000;
/** As many as the plot can show. */
const points = 400;

const timeOf = (at: number): string => new Date(at).toLocaleTimeString();

const Latest = ({
  reading,
  quantities,
}: {
  readonly reading: Reading | undefined;
  readonly quantities: readonly Quantity[];
}) => (
  <dl class="latest">
    {quantities.map(({ id, label, unit, decimals }) => {
      const value = reading?.values[id];
      return (
        <div key={id} class="panel latest-one" data-quantity={id}>
          <dt>{label}</dt>
          <dd>
            <span class="latest-value">{value === undefined ? "–" : value.toFixed(decimals)}</span>
            <span class="latest-unit">{unitSymbol(unit)}</span>
          </dd>
        </div>
      );
    })}
  </dl>
);

/** For who does not see the plot, or wants the numbers. */
const Table = ({
  history,
  quantities,
}: {
  readonly history: History;
  readonly quantities: readonly Quantity[];
}) => {
  const every = Math.max(1, Math.ceil(history.at.length / 24));
  const rows = history.at.map((at, index) => ({ at, index })).filter(({ index }) => index % every === 0);
  return (
    <details class="numbers">
      <summary>Numbers</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {quantities.map(({ id, label }) => (
              <th scope="col" key={id}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, index }) => (
            <tr key={at}>
              <th scope="row">
                {new Date(at).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}
              </th>
              {quantities.map((quantity) => {
                const value = history.columns[quantity.id]?.mean[index];
                return (
                  <td key={quantity.id}>{typeof value === "number" ? withUnit(value, quantity) : "–"}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
};

const Open = ({ sensor }: { readonly sensor: Sensor }) => {
  const { quantities, now } = sensor.description;
  const [reading, setReading] = useState<Reading>();
  const [history, setHistory] = useState<History>();
  const [span, setSpan] = useState<number>(spans[3][1]);
  const [ahead] = useState(() => now - Date.now());
  useEffect(() => {
    // A refusal means that the channel is closed, which is told where it is seen.
    sensor.subscribe(setReading, 500).catch(() => {});
  }, [sensor]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const look = async (): Promise<void> => {
      const to = Math.round(Date.now() + ahead);
      try {
        const found = await sensor.history({ from: to - span, to, points });
        if (!over) setHistory(found);
      } catch {
        // As above, or too often: the next look is soon.
      }
      if (!over) timer = setTimeout(look, refreshMs);
    };
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [sensor, span]);
  return (
    <>
      <Latest reading={reading} quantities={quantities} />
      <p class="aside" data-part="since">
        {reading === undefined ? "Nothing was measured yet." : `Measured at ${timeOf(reading.at - ahead)}`}
      </p>
      <fieldset class="spans">
        <legend class="only-heard">Time that is shown</legend>
        {spans.map(([words, ms]) => (
          <button
            key={ms}
            type="button"
            class="small-button"
            aria-pressed={span === ms}
            onClick={() => setSpan(ms)}
          >
            {words}
          </button>
        ))}
      </fieldset>
      {history !== undefined && (
        <>
          <div class="plots">
            {quantities.map((quantity) => (
              <section key={quantity.id} class="panel plot-panel" data-plot={quantity.id}>
                <h2>
                  {quantity.label} <span class="aside">{unitSymbol(quantity.unit)}</span>
                </h2>
                <Plot history={history} quantity={quantity} />
              </section>
            ))}
          </div>
          <Table history={history} quantities={quantities} />
        </>
      )}
    </>
  );
};

export const SensorView = ({ access, service }: ViewProps) => {
  const { meeting, again } = useMeeting<Sensor>(access, service.name, () => ({
    channels: [sensorChannel],
    async begin({ channels: [channel] }) {
      if (channel === undefined) throw new TypeError("There is no channel.");
      return viewSensor(channel);
    },
    closed: ({ closed }) => closed,
  }));
  switch (meeting.is) {
    case "connecting":
      return <p role="status">Connecting…</p>;
    case "open":
      return (
        <div class="sensor">
          <Open sensor={meeting.value} />
        </div>
      );
    case "over":
      return <Refused error={meeting.error} again={again} />;
  }
};
