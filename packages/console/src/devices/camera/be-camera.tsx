// SPDX-License-Identifier: MIT
/** This page as a camera: its own, or a made-up picture; it looks for motion, and records it. */
import { type Camera, motionDetector, openCamera } from "@signalbox/peers/camera";
import { fileService } from "@signalbox/peers/file";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes } from "../../view/bytes.ts";
import { Icon } from "../../view/icon.tsx";
import { SignalLamp } from "../../view/signal-lamp.tsx";
import { PlaceForm, Standing } from "../being.tsx";
import { newHash, timer } from "../files/page-ground.ts";
import type { OfferProps } from "../kinds.ts";
import { type Place, useDevice } from "../serving.ts";
import { type OwnFootage, type OwnRecording, openFootage } from "./page-footage.ts";
import { type OwnPictures, openPictures } from "./page-pictures.ts";

/** How often motion is looked for. Milliseconds. */
const lookMs = 200;

/** Of the service of the protocol file that has the recordings. */
const recordingsId = "recordings";

interface Own {
  readonly camera: Camera;
  readonly pictures: OwnPictures;
  readonly footage: OwnFootage | undefined;
}

interface Shown {
  readonly viewers: number;
  readonly moving: boolean;
  readonly recordings: readonly OwnRecording[];
}

const nothing: Shown = { viewers: 0, moving: false, recordings: [] };

/** Why there is no picture, in words. */
const reasonOf = (error: unknown): string => {
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return "This page may not use the camera. Allow it in the browser, or use the made-up picture.";
  if (error instanceof DOMException && error.name === "NotFoundError") return "There is no camera here.";
  return error instanceof Error ? error.message : String(error);
};

const SourceChoice = () => (
  <fieldset class="choice">
    <legend>Picture</legend>
    <label>
      <input type="radio" name="source" value="camera" defaultChecked />
      This device's camera
    </label>
    <label>
      <input type="radio" name="source" value="painted" />A made-up picture
    </label>
    <label>
      <input type="checkbox" name="record" defaultChecked />
      Record what moves, in this page's memory; who finds it can fetch it
    </label>
  </fieldset>
);

const OwnRecordings = ({ recordings }: { readonly recordings: readonly OwnRecording[] }) =>
  recordings.length === 0 ? null : (
    <div class="recordings">
      <h3>Recordings</h3>
      <ul>
        {recordings.map(({ href, recording: { name, at, lastsMs, bytes: size } }) => (
          <li key={name}>
            <a href={href} download={name}>
              {new Date(at).toLocaleTimeString()}
            </a>{" "}
            <span class="aside">
              {Math.round(lastsMs / 1_000)} s, {bytes(size)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );

export const BeCamera = ({ access }: OfferProps) => {
  const { being, start, stop } = useDevice(access);
  const [own, setOwn] = useState<Own>();
  const [shown, show] = useState<Shown>(nothing);
  const [paused, setPaused] = useState(false);
  const [problem, setProblem] = useState<string>();
  const video = useRef<HTMLVideoElement>(null);

  const begin = async (place: Place, form: FormData): Promise<void> => {
    setProblem(undefined);
    try {
      const pictures = await openPictures(form.get("source") === "painted" ? "painted" : "camera");
      const footage =
        form.get("record") === null
          ? undefined
          : openFootage(pictures.stream, ({ recording }) => {
              show((before) => ({ ...before, recordings: footage?.list() ?? [] }));
              camera.recorded(recording);
            });
      const camera = openCamera({
        label: place.name,
        pictures,
        ...(footage === undefined
          ? {}
          : {
              recordings: {
                service: recordingsId,
                list: async () => footage.list().map(({ recording }) => recording),
              },
            }),
        now: () => Date.now(),
        watchesMotion: true,
        onViewers: (viewers) => show((before) => ({ ...before, viewers })),
      });
      show(nothing);
      setPaused(false);
      setOwn({ camera, pictures, footage });
      const shared = footage && fileService({ source: footage.source, label: "Recordings", newHash, timer });
      const services = shared === undefined ? [] : [{ ...shared, id: recordingsId }];
      void start(place, [camera.service, ...services]);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };

  useEffect(() => {
    if (own === undefined) return;
    const { camera, pictures, footage } = own;
    if (video.current !== null) video.current.srcObject = pictures.stream;
    const look = motionDetector();
    const timer = setInterval(() => {
      const luma = pictures.luma();
      if (luma === undefined) return;
      const { changed, moving, share } = look(luma, performance.now());
      if (changed === undefined) return;
      show((before) => ({ ...before, moving }));
      camera.moved({ moving, at: Date.now(), share });
      footage?.moved(moving);
    }, lookMs);
    return () => {
      clearInterval(timer);
      camera.close();
      footage?.stop();
      pictures.stop();
    };
  }, [own]);

  useEffect(() => {
    // Nobody can find it any more: the camera's lamp goes out.
    if (being.is === "over") setOwn(undefined);
  }, [being]);

  if (own === undefined || being.is === "not" || being.is === "over") {
    return (
      <>
        <p class="device-lead">
          This page becomes a camera that others on this server can watch, several at once. It says when
          something moves.
        </p>
        {problem !== undefined && (
          <p class="notice danger" role="alert">
            {problem}
          </p>
        )}
        <PlaceForm suggestion="My camera" starting={false} start={(place, form) => void begin(place, form)}>
          <SourceChoice />
        </PlaceForm>
        <Standing being={being} service="camera" />
      </>
    );
  }
  const { viewers, moving, recordings } = shown;
  return (
    <>
      <Standing being={being} service="camera" />
      <section class="panel camera-tile" aria-label="What others see">
        <div class="camera-picture">
          <video ref={video} aria-label="Your picture" autoplay playsinline muted />
          {paused && <p class="camera-veil">Paused: nobody sees it.</p>}
        </div>
        <div class="camera-state">
          <p class="camera-motion" role="status" data-moving={moving}>
            <SignalLamp aspect={moving ? "caution" : "clear"} />
            {moving ? "Something moves" : "Nothing moves"}
          </p>
          <p class="aside" data-part="viewers">
            {viewers === 1 ? "1 viewer" : `${viewers} viewers`}
          </p>
        </div>
        <div class="row camera-controls">
          <button
            type="button"
            class="small-button"
            onClick={() => {
              own.camera.pause(!paused);
              setPaused(!paused);
            }}
          >
            <Icon name={paused ? "play" : "pause"} />
            {paused ? "Go on" : "Pause for all"}
          </button>
          <button
            type="button"
            class="small-button"
            onClick={() => {
              stop();
              setOwn(undefined);
            }}
          >
            <Icon name="close" />
            Stop
          </button>
        </div>
        <OwnRecordings recordings={recordings} />
      </section>
    </>
  );
};
