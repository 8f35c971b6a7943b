// SPDX-License-Identifier: MIT
/** What a camera has recorded: listed here, fetched where its files are. */
import type { CameraView as Camera, Recording } from "@signalbox/peers/camera";
import { useEffect, useState } from "preact/hooks";
import { bytes } from "../../view/bytes.ts";
import { Icon } from "../../view/icon.tsx";
import { viewLink } from "../route.ts";

/** In sight at once. */
const shownMax = 8;

export const Recordings = ({
  camera,
  seen,
  files,
}: {
  readonly camera: Camera;
  /** Grows with each recording that is told: then the list is asked for anew. */
  readonly seen: number;
  /** The service of the protocol file that has them. */
  readonly files: string;
}) => {
  const [recordings, show] = useState<readonly Recording[]>();
  useEffect(() => {
    // A refusal means that the channel is closed, which is told where it is seen.
    camera.recordings().then(show, () => {});
  }, [camera, seen]);
  return (
    <div class="recordings">
      <h3>Recordings</h3>
      {recordings?.length === 0 && <p class="aside">Nothing has moved yet.</p>}
      <ul>
        {(recordings ?? []).slice(0, shownMax).map(({ name, at, lastsMs, bytes: size }) => (
          <li key={name} data-recording={name}>
            {new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" })}{" "}
            <span class="aside">
              {Math.round(lastsMs / 1_000)} s, {bytes(size)}
            </span>
          </li>
        ))}
      </ul>
      <a class="small-button" href={viewLink(files)}>
        <Icon name="file" />
        All recordings
      </a>
    </div>
  );
};
