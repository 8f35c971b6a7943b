// SPDX-License-Identifier: MIT
/** The downloads of a view, and how far each is. */
import { bytes } from "../../view/bytes.ts";
import { Icon } from "../../view/icon.tsx";
import type { Download, Downloads } from "./downloads.ts";

const words = ({ phase, moved, size }: Download): string => {
  switch (phase.is) {
    case "moving":
      return `${bytes(moved)} of ${bytes(size)}`;
    case "again":
      return `The connection broke at ${bytes(moved)}. Trying again…`;
    case "whole":
      return `${bytes(size)}, checked${phase.href === undefined ? " and on the disk" : ""}`;
    case "failed":
      return phase.sentence;
  }
};

const One = ({ download, remove }: { readonly download: Download; readonly remove: () => void }) => {
  const { key, name, size, moved, phase } = download;
  const isGoing = phase.is === "moving" || phase.is === "again";
  return (
    <li class="download" data-download={name} data-phase={phase.is}>
      <div class="download-words">
        <strong id={`download-${key}`}>{name}</strong>
        <span
          class={phase.is === "failed" ? "download-failed" : "aside"}
          role={isGoing ? undefined : "status"}
        >
          {words(download)}
        </span>
        {isGoing && (
          <progress max={Math.max(1, size)} value={moved} aria-labelledby={`download-${key}`}>
            {size === 0 ? 100 : Math.floor((moved / size) * 100)} %
          </progress>
        )}
        {phase.is === "whole" && (
          <details>
            <summary>SHA-256</summary>
            <pre>{phase.sha256}</pre>
          </details>
        )}
      </div>
      {phase.is === "whole" && phase.href !== undefined && (
        <a class="small-button" href={phase.href} download={name}>
          Save<span class="only-heard"> {name}</span>
        </a>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={isGoing ? `Stop ${name}` : `Remove ${name} from the list`}
        onClick={remove}
      >
        <Icon name="close" />
      </button>
    </li>
  );
};

export const DownloadList = ({ downloads }: { readonly downloads: Downloads }) => {
  if (downloads.list.length === 0) return null;
  return (
    <section class="panel downloads" aria-labelledby="downloads-title">
      <h2 id="downloads-title">Downloads</h2>
      <ul>
        {downloads.list.map((download) => (
          <One key={download.key} download={download} remove={() => downloads.remove(download.key)} />
        ))}
      </ul>
    </section>
  );
};
