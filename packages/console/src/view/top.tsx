// SPDX-License-Identifier: MIT
/** The head of the page: where you are, who you are, how the line to the server stands. */
import { useRef, useState } from "preact/hooks";
import type { Actions } from "../actions.ts";
import { nameLengthMax } from "../names.ts";
import type { Line, State } from "../state.ts";
import { Icon } from "./icon.tsx";
import { Logo } from "./logo.tsx";
import { ShareButton } from "./share.tsx";
import { type Aspect, SignalLamp } from "./signal-lamp.tsx";

const lineWords = (line: Line): { readonly aspect: Aspect; readonly word: string } => {
  switch (line.is) {
    case "opening":
      return { aspect: "caution", word: "Opening…" };
    case "open":
      return { aspect: "clear", word: "Line open" };
    case "lost":
      return { aspect: "caution", word: "Retrying…" };
    case "closed":
      return { aspect: "danger", word: "Line closed" };
  }
};

export const Top = ({ state, actions }: { readonly state: State; readonly actions: Actions }) => {
  const { aspect, word } = lineWords(state.line);
  return (
    <header class="top">
      <div class="top-room">
        <Logo />
        <span class="top-label">Room</span>
        <h1 class="top-name">{state.room}</h1>
      </div>
      <div class="top-line" data-line={state.line.is}>
        <SignalLamp aspect={aspect} />
        <span role="status">{word}</span>
      </div>
      <div class="top-tools">
        <ShareButton room={state.room} self={state.self.id} />
        <button type="button" class="quiet-button" onClick={actions.leave}>
          <Icon name="leave" />
          <span>Leave</span>
        </button>
      </div>
    </header>
  );
};

/** Your own row of the list, with your name to change. */
export const Self = ({ state, actions }: { readonly state: State; readonly actions: Actions }) => {
  const [edits, setEdits] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setEdits(false);
    requestAnimationFrame(() => opener.current?.focus());
  };
  if (edits) {
    return (
      <form
        class="self self-form"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = new FormData(event.currentTarget).get("name");
          if (typeof typed === "string") actions.rename(typed);
          close();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
        }}
      >
        <label>
          Your name
          <input
            name="name"
            defaultValue={state.self.name}
            maxLength={nameLengthMax}
            required
            autocomplete="nickname"
            ref={(input) => input?.focus()}
          />
        </label>
        <button type="submit" class="small-button">
          Save
        </button>
      </form>
    );
  }
  return (
    <p class="self">
      <span>
        You are <strong>{state.self.name}</strong>
        {state.self.id !== state.self.name && (
          <>
            , called by the id <code>{state.self.id}</code>
          </>
        )}
      </span>
      <button
        ref={opener}
        type="button"
        class="icon-button"
        aria-label="Change your name"
        onClick={() => setEdits(true)}
      >
        <Icon name="edit" />
      </button>
    </p>
  );
};
