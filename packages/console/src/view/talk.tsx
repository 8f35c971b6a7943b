// SPDX-License-Identifier: MIT
/** Chat and files of a call. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Actions } from "../actions.ts";
import type { CallState, FileState } from "../state.ts";
import { textLengthMax } from "../talk/bounds.ts";
import { bytes } from "./bytes.ts";
import { Icon } from "./icon.tsx";

const time = (at: number): string =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const fileWords = (file: FileState): string => {
  switch (file.is) {
    case "waiting":
      return `${bytes(file.size)}, waiting`;
    case "asking":
      return file.mine ? `${bytes(file.size)}, waiting to be taken` : `${bytes(file.size)}, offered`;
    case "moving":
      return `${bytes(file.moved)} of ${bytes(file.size)}`;
    case "whole":
      return file.mine ? `${bytes(file.size)}, arrived` : bytes(file.size);
    case "stopped":
      return "stopped";
    case "refused":
      return "not taken";
    case "broken":
      return "did not arrive";
  }
};

const FileRow = ({
  file,
  call,
  over,
  actions,
}: {
  readonly file: FileState;
  readonly call: string;
  readonly over: boolean;
  readonly actions: Actions;
}) => {
  const running = !over && (file.is === "waiting" || file.is === "asking" || file.is === "moving");
  return (
    <li class={`file ${file.is}`} data-file={file.name} data-is={file.is}>
      <Icon name={file.is === "whole" ? "check" : "file"} />
      <div class="file-words">
        <span class="file-name" title={file.name}>
          {file.name}
        </span>
        <span class="file-state">
          {file.mine ? "from you: " : "to you: "}
          {fileWords(file)}
        </span>
        {file.is === "moving" && (
          <progress max={Math.max(1, file.size)} value={file.moved} aria-label={`Progress of ${file.name}`} />
        )}
      </div>
      {file.href !== undefined && (
        <a class="small-button" href={file.href} download={file.name}>
          Save<span class="only-heard"> {file.name}</span>
        </a>
      )}
      {!over && file.is === "asking" && !file.mine && (
        <button type="button" class="small-button" onClick={() => actions.take(call, file.id)}>
          Take<span class="only-heard"> {file.name}</span>
        </button>
      )}
      {running && (
        <button
          type="button"
          class="icon-button"
          aria-label={`Stop ${file.name}`}
          onClick={() => actions.stop(call, file.id)}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
};

export const Talk = ({
  call,
  over,
  actions,
}: {
  readonly call: CallState;
  readonly over: boolean;
  readonly actions: Actions;
}) => {
  const [hovers, setHovers] = useState(false);
  const log = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const name = call.peer.name;
  const last = call.said.at(-1)?.key;

  useEffect(() => {
    const element = log.current;
    if (element !== null && last !== undefined) element.scrollTop = element.scrollHeight;
  }, [last]);

  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setHovers(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0 && !over) actions.send(call.key, files);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the button below is everybody's.
    <div
      class={`talk${hovers ? " hovers" : ""}`}
      onDragOver={(event) => {
        if (over || event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        setHovers(true);
      }}
      onDragLeave={() => setHovers(false)}
      onDrop={drop}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div class="talk-log" ref={log} role="log" aria-label={`Chat with ${name}`} tabIndex={0}>
        {call.said.length === 0 && (
          <p class="aside">Only the two of you see what is said here: it does not pass the server.</p>
        )}
        {call.said.map((said) => (
          <p key={said.key} class={`said${said.mine ? " mine" : ""}`}>
            <span class="only-heard">{said.mine ? "You" : name}: </span>
            <span class="said-text">{said.text}</span>
            <time dateTime={new Date(said.at).toISOString()}>{time(said.at)}</time>
          </p>
        ))}
      </div>
      {call.files.length > 0 && (
        <ul class="files" aria-label={`Files with ${name}`}>
          {call.files.map((file) => (
            <FileRow key={file.id} file={file} call={call.key} over={over} actions={actions} />
          ))}
        </ul>
      )}
      {!over && (
        <form
          class="talk-form"
          onSubmit={(event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem("text");
            if (!(field instanceof HTMLInputElement) || field.value.trim() === "") return;
            actions.say(call.key, field.value);
            field.value = "";
          }}
        >
          <button
            type="button"
            class="icon-button"
            aria-label="Send files"
            title="Send files, or drop them here"
            onClick={() => picker.current?.click()}
          >
            <Icon name="clip" />
          </button>
          <input
            ref={picker}
            class="picker"
            type="file"
            multiple
            tabIndex={-1}
            aria-hidden="true"
            onChange={(event) => {
              actions.send(call.key, [...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
          <input
            name="text"
            aria-label={`Message to ${name}`}
            placeholder="Say something, or drop files here"
            maxLength={textLengthMax}
            autocomplete="off"
            enterkeyhint="send"
          />
          <button type="submit" class="icon-button send" aria-label="Send">
            <Icon name="send" />
          </button>
        </form>
      )}
      {hovers && (
        <p class="talk-drop" aria-hidden="true">
          Let go to send to {name}
        </p>
      )}
    </div>
  );
};
