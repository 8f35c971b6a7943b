// SPDX-License-Identifier: MIT
/** Two lines become one, under a clear signal. The same picture as the icon of the page. */
export const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" fill="#124a3e" />
    <path
      d="M2 23h28M2 23c9 0 10-7 15-7h13"
      fill="none"
      stroke="#cfe3da"
      stroke-width="2.2"
      stroke-linecap="round"
    />
    <circle cx="11" cy="10" r="4.6" fill="#5fd39b" />
  </svg>
);
