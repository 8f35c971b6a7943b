// SPDX-License-Identifier: MIT
/** The head of the devices page, and what every part of it shares. */
import type { PeerNetError } from "@signalbox/client/peernet";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Logo } from "../view/logo.tsx";
import { roomLink } from "./route.ts";

/** The head with a way back, and the page below it. Its heading takes the focus when one comes to it. */
export const Shell = ({
  title,
  back,
  children,
}: {
  readonly title: string;
  readonly back?: boolean;
  readonly children: ComponentChildren;
}) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Signalbox`;
  }, [title]);
  useEffect(() => {
    if (back === true) heading.current?.focus();
  }, []);
  return (
    <>
      <header class="top">
        <div class="top-room">
          <Logo />
          <h1 class="top-name" tabIndex={-1} ref={heading}>
            {title}
          </h1>
        </div>
        <nav class="top-tools" aria-label="Pages">
          {back === true && (
            <a class="quiet-button" href={roomLink("")}>
              All devices
            </a>
          )}
          <a class="quiet-button" href="./">
            Rooms
          </a>
        </nav>
      </header>
      <main class="devices" id="main">
        {children}
      </main>
    </>
  );
};

/** Why something did not work, and whether it is worth another try. */
export const Refused = ({
  error,
  again,
}: {
  readonly error: PeerNetError | Error;
  readonly again?: () => void;
}) => (
  <p class="notice danger refused" role="alert">
    <strong>{error.message}</strong>
    {again !== undefined && (
      <button type="button" class="small-button" onClick={again}>
        Try again
      </button>
    )}
  </p>
);

/** Asks for the password of the server. */
export const SecretForm = ({
  wrong,
  give,
}: {
  readonly wrong: boolean;
  readonly give: (secret: string) => void;
}) => (
  <form
    class="panel secret-form"
    onSubmit={(event) => {
      event.preventDefault();
      const typed = new FormData(event.currentTarget).get("secret");
      if (typeof typed === "string" && typed !== "") give(typed);
    }}
  >
    <p class={`notice ${wrong ? "danger" : "caution"}`} role="alert">
      {wrong ? "The password was not accepted." : "This server asks for a password."}
    </p>
    <label>
      Password of this server
      <input name="secret" type="password" required autocomplete="current-password" />
    </label>
    <button type="submit" class="main-button">
      Enter
    </button>
  </form>
);
