// SPDX-License-Identifier: MIT
/** Pictures of this browser: of its camera, or painted. */
import { type Luma, type Pictures, sceneAt } from "@signalbox/peers/camera";

export interface OwnPictures extends Pictures {
  readonly stream: MediaStream;
  /** The brightness of the picture as it is, small; undefined before there is one. */
  luma(): Luma | undefined;
  stop(): void;
}

/** Wide enough to see what moves. */
const lumaWidth = 160;

const rates = { painted: 15, usual: 30 } as const;

const context2d = (canvas: HTMLCanvasElement, options?: CanvasRenderingContext2DSettings) => {
  const context = canvas.getContext("2d", options);
  if (context === null) throw new Error("This browser draws no pictures.");
  return context;
};

/** The made-up scene, until it is stopped. */
const painted = (
  width: number,
  height: number,
): { readonly stream: MediaStream; readonly stop: () => void } => {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = context2d(canvas);
  const paint = (): void => {
    for (const { x, y, width: w, height: h, colour } of sceneAt(Date.now(), width / height)) {
      context.fillStyle = `rgb(${colour.join(" ")})`;
      context.fillRect(
        Math.round(x * width),
        Math.round(y * height),
        Math.ceil(w * width),
        Math.ceil(h * height),
      );
    }
  };
  paint();
  const timer = setInterval(paint, 1_000 / rates.painted);
  return { stream: canvas.captureStream(rates.painted), stop: () => clearInterval(timer) };
};

/** Rejects where the browser gives no camera: with the reason as it says it. */
export const openPictures = async (source: "camera" | "painted"): Promise<OwnPictures> => {
  // Browsers have none on pages that came over a network in clear.
  const { mediaDevices }: { readonly mediaDevices?: MediaDevices } = navigator;
  if (source === "camera" && mediaDevices === undefined) {
    throw new Error("A browser gives its camera only to pages from https:// or from its own machine.");
  }
  const made =
    source === "painted" || mediaDevices === undefined
      ? painted(640, 480)
      : {
          stream: await mediaDevices.getUserMedia({
            video: { width: { ideal: 1_280 }, height: { ideal: 720 } },
          }),
          stop: () => {},
        };
  const { stream } = made;
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new Error("There is no picture.");
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  const { frameRate = rates.usual } = track.getSettings();
  const small = document.createElement("canvas");
  const smallContext = context2d(small, { willReadFrequently: true });

  return {
    stream,
    width: video.videoWidth,
    height: video.videoHeight,
    rate: frameRate,
    snapshotType: "image/jpeg",
    luma() {
      if (video.videoWidth === 0) return undefined;
      small.width = lumaWidth;
      small.height = Math.max(1, Math.round((lumaWidth * video.videoHeight) / video.videoWidth));
      smallContext.drawImage(video, 0, 0, small.width, small.height);
      const { data } = smallContext.getImageData(0, 0, small.width, small.height);
      const luma = new Uint8Array(small.width * small.height);
      // BT.601, as video has it.
      for (let at = 0; at < luma.length; at += 1)
        luma[at] =
          0.299 * (data[at * 4] ?? 0) + 0.587 * (data[at * 4 + 1] ?? 0) + 0.114 * (data[at * 4 + 2] ?? 0);
      return { width: small.width, height: small.height, data: luma };
    },
    async snapshot(maxWidth) {
      if (video.videoWidth === 0) return undefined;
      const scale = Math.min(1, (maxWidth ?? video.videoWidth) / video.videoWidth);
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
      canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
      context2d(canvas).drawImage(video, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
      return blob === null
        ? undefined
        : { mediaType: "image/jpeg", bytes: new Uint8Array(await blob.arrayBuffer()) };
    },
    show(pc) {
      const sender = pc.addTrack(track, stream);
      return {
        pause(paused) {
          // It fails where the connection is closed, and then nothing is shown anyway.
          sender.replaceTrack(paused ? null : track).catch(() => {});
        },
        stop() {},
      };
    },
    stop() {
      made.stop();
      for (const one of stream.getTracks()) one.stop();
      video.srcObject = null;
    },
  };
};
