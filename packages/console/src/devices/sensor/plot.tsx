// SPDX-License-Identifier: MIT
/** A quantity over time: the mean as a line, least and greatest as a band behind it. */
import { type History, type Quantity, withUnit } from "@signalbox/peers/sensor";

/** Of the drawing; it grows with the page. */
const [width, height, left, bottom, top] = [640, 200, 48, 24, 10];

/** Steps of 1, 2 or 5, about so many. */
const ticks = (low: number, high: number, about: number): readonly number[] => {
  const raw = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
};

const timeSteps = [1, 2, 5, 10, 30, 60, 120, 360, 720, 1_440, 2_880].map((minutes) => minutes * 60_000);

/** Round times of this place. */
const timeTicks = (from: number, to: number): readonly number[] => {
  const step = timeSteps.find((one) => (to - from) / one <= 6) ?? 1_440 * 7 * 60_000;
  const zone = -new Date(to).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from + zone) / step);
  return Array.from(
    { length: Math.max(0, Math.floor((to + zone) / step) - first + 1) },
    (_, index) => (first + index) * step - zone,
  );
};

const timeWords = (at: number, spanMs: number): string =>
  new Date(at).toLocaleString(
    [],
    spanMs > 2 * 86_400_000
      ? { month: "short", day: "numeric" }
      : { hour: "2-digit", minute: "2-digit", ...(spanMs < 120_000 ? { second: "2-digit" } : {}) },
  );

/** A pause of more than some points is no line. */
const runsOf = (points: readonly (readonly [x: number, at: number])[], gapMs: number) =>
  points.reduce<(readonly [number, number])[][]>((runs, point) => {
    const before = runs.at(-1)?.at(-1);
    if (before === undefined || point[1] - before[1] > gapMs) runs.push([point]);
    else runs.at(-1)?.push(point);
    return runs;
  }, []);

export const Plot = ({ history, quantity }: { readonly history: History; readonly quantity: Quantity }) => {
  const { from, to, at } = history;
  const column = history.columns[quantity.id];
  const shown = at.flatMap((time, index) => {
    const [mean, min, max] = [column?.mean[index], column?.min[index], column?.max[index]];
    return typeof mean === "number" && typeof min === "number" && typeof max === "number"
      ? [{ time, mean, min, max }]
      : [];
  });
  if (shown.length === 0) return <p class="no-plot aside">Nothing was measured in this time.</p>;
  const [least, greatest] = [
    Math.min(...shown.map(({ min }) => min)),
    Math.max(...shown.map(({ max }) => max)),
  ];
  // A quantity that stands still is a line in the middle, not noise blown up.
  const air = Math.max((greatest - least) * 0.08, 10 ** -quantity.decimals * 2);
  const [low, high] = [least - air, greatest + air];
  const x = (time: number): number => left + ((time - from) / Math.max(1, to - from)) * (width - left - 8);
  const y = (value: number): number => top + ((high - value) / (high - low)) * (height - top - bottom);
  const usual = (to - from) / Math.max(1, shown.length);
  const runs = runsOf(
    shown.map(({ time }, index) => [index, time] as const),
    Math.max(history.bucketMs * 3, usual * 5),
  );
  const path = (indices: readonly (readonly [number, number])[], of: "mean" | "min" | "max"): string =>
    indices
      .map(([index, time]) => `${x(time).toFixed(1)},${y(shown[index]?.[of] ?? 0).toFixed(1)}`)
      .join("L");
  const last = shown.at(-1);
  const summary = `${quantity.label} from ${timeWords(from, to - from)} to ${timeWords(to, to - from)}: least ${withUnit(least, quantity)}, greatest ${withUnit(greatest, quantity)}, last ${withUnit(last?.mean ?? least, quantity)}`;
  return (
    <svg class="plot" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary}>
      {ticks(low, high, 4).map((value) => (
        <g key={value}>
          <path class="plot-grid" d={`M${left} ${y(value)}H${width - 8}`} />
          <text class="plot-words" x={left - 8} y={y(value) + 4} text-anchor="end">
            {Number(value.toFixed(quantity.decimals + 1))}
          </text>
        </g>
      ))}
      {timeTicks(from, to)
        .filter((time) => x(time) < width - 40)
        .map((time) => (
          <text key={time} class="plot-words" x={x(time)} y={height - 6} text-anchor="middle">
            {timeWords(time, to - from)}
          </text>
        ))}
      {runs.map((run) => (
        <g key={run[0]?.[1]}>
          <path class="plot-band" d={`M${path(run, "max")}L${path(run.toReversed(), "min")}Z`} />
          <path class="plot-line" d={`M${path(run, "mean")}`} />
        </g>
      ))}
      {last !== undefined && <circle class="plot-now" cx={x(last.time)} cy={y(last.mean)} r="4" />}
    </svg>
  );
};
