// SPDX-License-Identifier: MIT
/** The train register: what happened here, read out as it happens and kept to look up. */
import type { Entry } from "../state.ts";

const time = (at: number): string =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const Register = ({ entries }: { readonly entries: readonly Entry[] }) => (
  <details class="register">
    <summary>Train register</summary>
    <ol reversed>
      {[...entries].reverse().map(({ key, at, text }) => (
        <li key={key}>
          <time dateTime={new Date(at).toISOString()}>{time(at)}</time> {text}
        </li>
      ))}
    </ol>
  </details>
);

/** Always on the page, so that what is put into it is read out. */
export const Announcer = ({ entries }: { readonly entries: readonly Entry[] }) => {
  const latest = entries.slice(-3);
  return (
    <div class="only-heard" role="log" aria-live="polite" aria-label="What happens">
      {latest.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
};
