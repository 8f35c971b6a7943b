// SPDX-License-Identifier: MIT
/**
 * A three-aspect colour-light signal: clear on top, caution in the middle, danger below. Which lamp is lit says
 * it by place as well as by colour.
 */
export type Aspect = "clear" | "caution" | "danger" | "dark";

const lamps = [
  ["clear", 7],
  ["caution", 16],
  ["danger", 25],
] as const;

export const SignalLamp = ({ aspect }: { readonly aspect: Aspect }) => (
  <svg class="signal" viewBox="0 0 16 36" aria-hidden="true" focusable="false">
    <path class="signal-post" d="M8 31v5" />
    <rect class="signal-head" x="1" y="1" width="14" height="30" rx="7" />
    {lamps.map(([name, y]) => (
      <circle
        key={name}
        class={`signal-light ${name}${name === aspect ? " lit" : ""}`}
        cx="8"
        cy={y}
        r="3.4"
      />
    ))}
  </svg>
);
