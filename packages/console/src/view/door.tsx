// SPDX-License-Identifier: MIT
/** Before a room: which room, under which name. */
import { useEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.ts";
import { nameLengthMax } from "../names.ts";
import type { Door } from "../state.ts";
import { Scene } from "./scene.tsx";
import { SecureNotice } from "./secure-notice.tsx";

export const DoorView = ({ door, actions }: { readonly door: Door; readonly actions: Actions }) => {
  const form = useRef<HTMLFormElement>(null);
  const refusal = useRef<HTMLParagraphElement>(null);

  const field = (name: string): string => {
    const value = new FormData(form.current ?? undefined).get(name);
    return typeof value === "string" ? value.trim() : "";
  };

  useEffect(() => {
    if (door.refusal !== undefined) refusal.current?.focus();
  }, [door.refusal]);

  return (
    <main class="door" id="main">
      <Scene />
      <h1>
        <span class="door-brand">Signalbox</span>
        Meet in a room
      </h1>
      <p class="door-lead">
        Everyone in a room sees the others and can call them: camera, chat, files. Calls run straight from one
        to the other; this server only sets the points.
      </p>
      <form
        ref={form}
        class="panel door-form"
        onSubmit={(event) => {
          event.preventDefault();
          actions.enter(field("room"), field("name"), field("secret") || undefined);
        }}
      >
        {door.refusal !== undefined && (
          <p class="notice danger" role="alert" tabIndex={-1} ref={refusal}>
            {door.refusal}
          </p>
        )}
        <label>
          Room
          <input
            name="room"
            defaultValue={door.room}
            required
            maxLength={nameLengthMax}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            enterkeyhint="next"
          />
        </label>
        <label>
          Your name <span class="aside">(the others see it and can call you by it)</span>
          <input
            name="name"
            defaultValue={door.name}
            maxLength={nameLengthMax}
            autocomplete="nickname"
            placeholder="Left empty, you get one"
            enterkeyhint="go"
          />
        </label>
        {door.asksSecret && (
          <label>
            Password of this server
            <input name="secret" type="password" required autocomplete="current-password" />
          </label>
        )}
        <button type="submit" class="main-button" aria-disabled={door.opening}>
          {door.opening ? "Entering…" : "Enter the room"}
        </button>
        <SecureNotice />
      </form>
      <a class="quiet-button" href="./devices.html">
        Devices on this server
      </a>
    </main>
  );
};
