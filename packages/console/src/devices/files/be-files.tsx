// SPDX-License-Identifier: MIT
/** This page as a device that shares a folder, or some files. */
import type { Guest } from "@signalbox/client/peernet";
import {
  type FileSource,
  type FolderHandle,
  fileService,
  handleSource,
  pickedSource,
} from "@signalbox/peers/file";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../view/icon.tsx";
import { PlaceForm, Standing } from "../being.tsx";
import type { OfferProps } from "../kinds.ts";
import { useDevice } from "../serving.ts";
import { newHash, timer } from "./page-ground.ts";

interface Choice {
  /** What was chosen, for the person. */
  readonly name: string;
  readonly source: FileSource;
}

interface FolderPicker {
  showDirectoryPicker?(options: { readonly mode: "read" }): Promise<FolderHandle & { readonly name: string }>;
}

/** Asks for a folder: one that stays in view of the page where the browser has that, else its files as they are now. */
const Chooser = ({
  choice,
  choose,
}: {
  readonly choice: Choice | undefined;
  readonly choose: (choice: Choice) => void;
}) => {
  const [problem, setProblem] = useState<string>();
  const folderInput = useRef<HTMLInputElement>(null);
  const filesInput = useRef<HTMLInputElement>(null);
  const takeFolder = async (): Promise<void> => {
    setProblem(undefined);
    const { showDirectoryPicker } = window as FolderPicker;
    if (showDirectoryPicker === undefined) return folderInput.current?.click();
    try {
      const handle = await showDirectoryPicker.call(window, { mode: "read" });
      choose({ name: handle.name, source: handleSource(handle) });
    } catch (error) {
      // Somebody thought better of it.
      if (error instanceof Error && error.name === "AbortError") return;
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const picked = (input: HTMLInputElement, isFolder: boolean): void => {
    const files = [...(input.files ?? [])];
    const [one] = files;
    if (one === undefined) return;
    const folder = one.webkitRelativePath.split("/")[0];
    const name = isFolder && folder ? folder : files.length === 1 ? one.name : `${files.length} files`;
    choose({ name, source: pickedSource(files) });
  };

  return (
    <fieldset class="files-choice">
      <legend>What is shared</legend>
      <p role="status" data-part="choice">
        {choice === undefined ? "Nothing is chosen yet." : choice.name}
      </p>
      <div class="row">
        <button type="button" class="side-button" onClick={() => void takeFolder()}>
          <Icon name="folder" />
          Choose a folder
        </button>
        <button type="button" class="side-button" onClick={() => filesInput.current?.click()}>
          <Icon name="file" />
          Choose files
        </button>
      </div>
      <input
        ref={(input) => {
          folderInput.current = input;
          // Not a property that JSX knows.
          input?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        multiple
        hidden
        aria-label="Folder"
        onChange={(event) => picked(event.currentTarget, true)}
      />
      <input
        ref={filesInput}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => picked(event.currentTarget, false)}
      />
      {problem !== undefined && (
        <p class="notice caution" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
};

export const BeFiles = ({ access }: OfferProps) => {
  const { being, start, stop } = useDevice(access);
  const [choice, choose] = useState<Choice>();
  const [guests, setGuests] = useState(0);
  const [asked, setAsked] = useState(false);

  const onGuest = ({ signal }: Guest): void => {
    setGuests((count) => count + 1);
    signal.addEventListener("abort", () => setGuests((count) => count - 1), { once: true });
  };

  if (being.is === "listed") {
    return (
      <>
        <Standing being={being} service="file" />
        <section class="panel own-device" aria-label="What is shared">
          <p>
            <strong>{choice?.name}</strong>
          </p>
          <p class="aside" data-part="guests">
            {guests === 1 ? "1 connection" : `${guests} connections`}
          </p>
          <button type="button" class="side-button" onClick={stop}>
            Stop
          </button>
        </section>
      </>
    );
  }
  return (
    <>
      <p class="device-lead">
        Whoever can open this server's list of devices can read what you choose here, and nothing else of this
        computer. Files go straight from this browser to theirs.
      </p>
      <PlaceForm
        suggestion="Shared files"
        starting={being.is === "starting"}
        start={(place) => {
          if (choice === undefined) return setAsked(true);
          const { source } = choice;
          void start(place, [fileService({ source, label: choice.name, newHash, timer, onGuest })]);
        }}
      >
        <Chooser choice={choice} choose={choose} />
        {asked && choice === undefined && (
          <p class="notice caution" role="alert">
            Choose what to share first.
          </p>
        )}
      </PlaceForm>
      <Standing being={being} service="file" />
    </>
  );
};
