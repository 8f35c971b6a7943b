// SPDX-License-Identifier: MIT
/** One camera: its video, whether something moves, and what one can do. */
import { find } from "@signalbox/client/peernet";
import {
  askForVideo,
  type CameraView as Camera,
  cameraChannel,
  type Recording,
  viewCamera,
} from "@signalbox/peers/camera";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../view/icon.tsx";
import { SignalLamp } from "../../view/signal-lamp.tsx";
import type { Access } from "../access.ts";
import { useMeeting } from "../meeting.ts";
import { Refused } from "../shell.tsx";
import { Recordings } from "./recordings.tsx";
import { SnapshotList, type Taken } from "./snapshots.tsx";

interface Seen {
  readonly camera: Camera;
  readonly stream: MediaStream;
}

/** What a camera tells unasked. */
interface News {
  readonly moving: boolean;
  /** The camera's own pause. */
  readonly paused: boolean;
  readonly recorded: number;
}

/** Snapshots that are kept in sight; each is an object URL. */
const snapshotsMax = 6;

/** Of a recording's service: `servers/ID/services/ID`. */
const sibling = (service: string, id: string): string => service.replace(/[^/]+$/, id);

const Controls = ({
  video,
  camera,
  paused,
  setPaused,
  take,
}: {
  readonly video: () => HTMLVideoElement | null;
  readonly camera: Camera;
  readonly paused: boolean;
  readonly setPaused: (paused: boolean) => void;
  readonly take: () => void;
}) => (
  <div class="row camera-controls">
    <button type="button" class="small-button" onClick={take}>
      <Icon name="aperture" />
      Snapshot
    </button>
    <button
      type="button"
      class="small-button"
      onClick={() => {
        camera.pause(!paused).then(
          () => setPaused(!paused),
          // The channel is closed, which is told where it is seen.
          () => {},
        );
      }}
    >
      <Icon name={paused ? "play" : "pause"} />
      {paused ? "Go on" : "Pause"}
    </button>
    {document.fullscreenEnabled && (
      <button type="button" class="small-button" onClick={() => void video()?.requestFullscreen()}>
        <Icon name="expand" />
        Fullscreen
      </button>
    )}
  </div>
);

const Open = ({
  seen: { camera, stream },
  news,
  service,
}: {
  readonly seen: Seen;
  readonly news: News;
  readonly service: string;
}) => {
  const { label, width, height, rate, motion, recordings } = camera.description;
  const video = useRef<HTMLVideoElement>(null);
  const [paused, setPaused] = useState(false);
  const [taken, setTaken] = useState<readonly Taken[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);

  const take = (): void => {
    camera.snapshot().then(
      ({ bytes, mediaType, at }) => {
        setProblem(undefined);
        const href = URL.createObjectURL(new Blob([bytes], { type: mediaType }));
        setTaken((before) => {
          for (const old of before.slice(snapshotsMax - 1)) URL.revokeObjectURL(old.href);
          return [{ href, at, mediaType }, ...before].slice(0, snapshotsMax);
        });
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  };

  return (
    <>
      <div class="camera-picture">
        <video ref={video} aria-label={`Live picture of ${label}`} autoplay playsinline muted />
        {(paused || news.paused) && (
          <p class="camera-veil">
            {news.paused ? "Its owner has paused this camera." : "You have paused this picture."}
          </p>
        )}
      </div>
      <div class="camera-state">
        {motion.watched && (
          <p class="camera-motion" role="status" data-moving={news.moving}>
            <SignalLamp aspect={news.moving ? "caution" : "clear"} />
            {news.moving ? "Something moves" : "Nothing moves"}
          </p>
        )}
        <p class="aside">
          {width} × {height}, {Math.round(rate)} pictures a second
        </p>
      </div>
      <Controls
        video={() => video.current}
        camera={camera}
        paused={paused}
        setPaused={setPaused}
        take={take}
      />
      {problem !== undefined && (
        <p class="notice caution" role="alert">
          {problem}
        </p>
      )}
      <SnapshotList taken={taken} label={label} />
      {recordings !== undefined && (
        <Recordings camera={camera} seen={news.recorded} files={sibling(service, recordings)} />
      )}
    </>
  );
};

export const Tile = ({
  access,
  service,
  name,
  take,
}: {
  readonly access: Access;
  readonly service: string;
  readonly name: string;
  /** Takes it off the wall; none where it is alone. */
  readonly take?: () => void;
}) => {
  const [news, setNews] = useState<News>({ moving: false, paused: false, recorded: 0 });
  const { meeting, again } = useMeeting<Seen>(access, service, () => {
    const stream = new MediaStream();
    return {
      channels: [cameraChannel],
      prepare(pc) {
        askForVideo(pc);
        pc.addEventListener("track", ({ track }) => stream.addTrack(track));
      },
      async begin({ channels: [channel] }) {
        if (channel === undefined) throw new TypeError("There is no channel.");
        const camera = await viewCamera(channel, {
          onMotion: ({ moving }) => setNews((before) => ({ ...before, moving })),
          onRecorded: (_: Recording) => setNews((before) => ({ ...before, recorded: before.recorded + 1 })),
          onPaused: (paused) => setNews((before) => ({ ...before, paused })),
        });
        const { motion, paused } = camera.description;
        setNews((before) => ({ ...before, moving: motion.moving, paused }));
        return { camera, stream };
      },
      closed: ({ camera }) => camera.closed,
    };
  });
  return (
    <section class="panel camera-tile" aria-label={name} data-camera={service}>
      <div class="camera-head">
        <h2>{name}</h2>
        {take !== undefined && (
          <button type="button" class="icon-button" aria-label={`Take ${name} off`} onClick={take}>
            <Icon name="close" />
          </button>
        )}
      </div>
      {meeting.is === "connecting" && (
        <div class="camera-picture">
          <p class="camera-veil" role="status">
            Connecting…
          </p>
        </div>
      )}
      {meeting.is === "over" && <Refused error={meeting.error} again={again} />}
      {meeting.is === "open" && <Open seen={meeting.value} news={news} service={service} />}
    </section>
  );
};

/** Every camera that is listed, for the wall. */
export const listCameras = (access: Access, signal: AbortSignal) =>
  find({ ...access, protocol: "camera", signal });
