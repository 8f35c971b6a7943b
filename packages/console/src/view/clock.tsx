// SPDX-License-Identifier: MIT
import { useEffect, useState } from "preact/hooks";

const two = (n: number): string => String(n).padStart(2, "0");

/** How long a call has stood. Not read aloud: it changes every second. */
export const Clock = ({ since }: { readonly since: number }) => {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const hours = Math.floor(seconds / 3600);
  const words = `${hours > 0 ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return (
    <span class="clock" aria-hidden="true">
      {words}
    </span>
  );
};
