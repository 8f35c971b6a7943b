// SPDX-License-Identifier: MIT
/** A shared folder: what is in it, and fetching from it. */
import { type Entry, type FileClient, fileChannel, filesOver, join } from "@signalbox/peers/file";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes } from "../../view/bytes.ts";
import { Icon } from "../../view/icon.tsx";
import { nameOf, type ViewProps } from "../kinds.ts";
import { useMeeting } from "../meeting.ts";
import { Refused } from "../shell.tsx";
import { DownloadList } from "./download-list.tsx";
import { useDownloads } from "./downloads.ts";
import { timer } from "./page-ground.ts";

/** Entries that are put in sight at once, about; more are asked for by a button. */
const stepMax = 500;

type Listing =
  | { readonly is: "asking" }
  | { readonly is: "had"; readonly entries: readonly Entry[]; readonly more: boolean }
  | { readonly is: "refused"; readonly error: Error };

const first = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((one, other) =>
    one.kind === other.kind
      ? one.name.localeCompare(other.name, undefined, { numeric: true })
      : one.kind === "folder"
        ? -1
        : 1,
  );

const useListing = (files: FileClient, path: string) => {
  const [listing, show] = useState<Listing>({ is: "asking" });
  const pages = useRef<AsyncIterator<readonly Entry[]> | undefined>(undefined);
  const next = async (before: readonly Entry[]): Promise<void> => {
    const mine = pages.current;
    try {
      const entries = [...before];
      let more = true;
      // Long names make short pages.
      while (more && entries.length < before.length + stepMax) {
        const page = await mine?.next();
        if (pages.current !== mine || page === undefined) return;
        if (page.done === true) more = false;
        else entries.push(...page.value);
      }
      show({ is: "had", entries, more });
    } catch (error) {
      if (pages.current === mine)
        show({ is: "refused", error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  useEffect(() => {
    show({ is: "asking" });
    pages.current = files.list(path)[Symbol.asyncIterator]();
    void next([]);
    return () => {
      pages.current = undefined;
    };
  }, [files, path]);
  return { listing, more: () => void (listing.is === "had" && next(listing.entries)) };
};

/** The way from the shared folder to the one in sight. */
const Way = ({
  label,
  path,
  go,
}: {
  readonly label: string;
  readonly path: string;
  readonly go: (path: string) => void;
}) => {
  const names = path === "" ? [] : path.split("/");
  return (
    <nav aria-label="Folders" class="files-way">
      <ol>
        {[label, ...names].map((name, depth) => (
          <li key={names.slice(0, depth).join("/")}>
            {depth === names.length ? (
              <span aria-current="location">{name}</span>
            ) : (
              <button type="button" class="quiet-button" onClick={() => go(names.slice(0, depth).join("/"))}>
                {name}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
};

const Row = ({
  entry: { name, kind, size, modified },
  open,
  fetch,
}: {
  readonly entry: Entry;
  readonly open: () => void;
  readonly fetch: () => void;
}) => {
  const time =
    modified === undefined
      ? ""
      : new Date(modified).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  return (
    <li class="file-row" data-entry={name}>
      <button type="button" class="quiet-button file-name" onClick={kind === "folder" ? open : fetch}>
        <Icon name={kind === "folder" ? "folder" : "file"} />
        <span>
          <span class="only-heard">{kind === "folder" ? "Open the folder " : "Download "}</span>
          {name}
        </span>
      </button>
      <span class="aside file-facts">
        {kind === "file" && size !== undefined && <span>{bytes(size)}</span>}
        {time !== "" && <span>{time}</span>}
      </span>
      {kind === "file" && <Icon name="download" />}
    </li>
  );
};

const Folder = ({
  files,
  label,
  start,
}: {
  readonly files: FileClient;
  readonly label: string;
  readonly start: (path: string, size: number) => void;
}) => {
  const [path, go] = useState("");
  const { listing, more } = useListing(files, path);
  return (
    <section class="panel files" aria-label={`What ${label} shares`} data-path={path}>
      <Way label={label} path={path} go={go} />
      {listing.is === "asking" && <p role="status">Looking…</p>}
      {listing.is === "refused" && <Refused error={listing.error} />}
      {listing.is === "had" && (
        <>
          {listing.entries.length === 0 && <p class="nobody">Nothing is in here.</p>}
          <ul class="file-list">
            {first(listing.entries).map((entry) => (
              <Row
                key={entry.name}
                entry={entry}
                open={() => go(join(path, entry.name))}
                fetch={() => start(join(path, entry.name), entry.size ?? 0)}
              />
            ))}
          </ul>
          {listing.more && (
            <button type="button" class="side-button" onClick={more}>
              Show more
            </button>
          )}
        </>
      )}
    </section>
  );
};

export const FilesView = ({ access, server, service }: ViewProps) => {
  const { meeting, again } = useMeeting<FileClient>(access, service.name, () => ({
    channels: [fileChannel],
    begin: async (connection) => filesOver(connection, timer),
    closed: ({ closed }) => closed.then(() => new Error("The connection broke.")),
  }));
  const downloads = useDownloads(access, service.name);
  const label = service.displayName || nameOf(server);
  return (
    <>
      {meeting.is === "connecting" && <p role="status">Connecting…</p>}
      {meeting.is === "over" && <Refused error={meeting.error} again={again} />}
      {meeting.is === "open" && (
        <Folder
          files={meeting.value}
          label={label}
          start={(path, size) => void downloads.start(path, size)}
        />
      )}
      <DownloadList downloads={downloads} />
    </>
  );
};
