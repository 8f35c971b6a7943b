// SPDX-License-Identifier: MIT
/** Lines that meet at a signal box and part again: what this server does, as a picture. */
export const Scene = () => (
  <svg class="scene" viewBox="0 0 480 190" aria-hidden="true" focusable="false">
    <g class="scene-sleepers">
      <path d="M14 60h126c50 0 50 45 100 45s50-45 100-45h126" />
      <path d="M14 150h126c50 0 50-45 100-45s50 45 100 45h126" />
    </g>
    <g class="scene-rails">
      <path d="M12 55h128c52 0 52 45 100 45s48-45 100-45h128M12 65h128c48 0 48 45 100 45s52-45 100-45h128" />
      <path d="M12 145h128c52 0 52-45 100-45s48 45 100 45h128M12 155h128c48 0 48-45 100-45s52 45 100 45h128" />
    </g>
    <g class="scene-box">
      <path class="scene-wall" d="M204 34h72v38h-72Z" />
      <path class="scene-window" d="M210 40h16v14h-16ZM232 40h16v14h-16ZM254 40h16v14h-16Z" />
      <path class="scene-roof" d="M196 34 216 14h48l20 20Z" />
      <path class="scene-chimney" d="M256 14V6h8v8" />
    </g>
    <g class="scene-signals">
      <path d="M96 44V16M384 44V16M96 134v-26M384 134v-26" />
      <circle class="clear" cx="96" cy="16" r="7" />
      <circle class="clear" cx="384" cy="16" r="7" />
      <circle class="caution" cx="96" cy="108" r="7" />
      <circle class="danger" cx="384" cy="108" r="7" />
    </g>
  </svg>
);
