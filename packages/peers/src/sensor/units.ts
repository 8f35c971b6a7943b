// SPDX-License-Identifier: MIT
/** UCUM codes as people write them. */

const symbols: { readonly [code: string]: string } = {
  Cel: "°C",
  "[degF]": "°F",
  "10*-6": "ppm",
  "[ppm]": "ppm",
  m3: "m³",
  "ug/m3": "µg/m³",
  "m/s2": "m/s²",
  Ohm: "Ω",
  "1": "",
};

/** A code without a better known symbol is shown as it is. */
export const unitSymbol = (code: string): string => symbols[code] ?? code;

/** A value with its unit: `21.4 °C`. */
export const withUnit = (
  value: number,
  { unit, decimals }: { readonly unit: string; readonly decimals: number },
): string => `${value.toFixed(decimals)} ${unitSymbol(unit)}`.trimEnd();
