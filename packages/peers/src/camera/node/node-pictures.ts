// SPDX-License-Identifier: MIT
/** Pictures for viewers, from whatever hands in one after the other. */
import { type NodeWebRtc, type Picture, pngOf, resized } from "@signalbox/video";
import type { Pictures } from "../camera.ts";

export interface FedPictures extends Pictures {
  /** The next picture: it goes to every viewer that is not paused. */
  feed(picture: Picture): void;
}

/** In even sides, as pictures must have. */
const narrowed = (picture: Picture, width: number): Picture => {
  if (width === picture.width) return picture;
  const even = (side: number) => Math.max(2, 2 * Math.floor(side / 2));
  return resized(picture, even(width), even((picture.height * width) / picture.width));
};

export const nodePictures = (
  webRtc: NodeWebRtc,
  size: { readonly width: number; readonly height: number; readonly rate: number },
): FedPictures => {
  let latest: Picture | undefined;
  let made:
    | { readonly of: Picture; readonly width: number; readonly bytes: Promise<Uint8Array<ArrayBuffer>> }
    | undefined;
  const inputs = new Set<(picture: Picture) => void>();
  return {
    ...size,
    snapshotType: "image/png",
    feed(picture) {
      latest = picture;
      for (const show of inputs) show(picture);
    },
    show(pc) {
      // A source for each viewer, so that one can be paused without the others.
      const { track, show } = webRtc.makeVideoInput();
      const stream = webRtc.makeStream();
      pc.addTrack(track, stream);
      inputs.add(show);
      return {
        pause(paused) {
          if (paused) inputs.delete(show);
          else inputs.add(show);
        },
        stop() {
          inputs.delete(show);
          track.stop();
        },
      };
    },
    async snapshot(maxWidth) {
      if (latest === undefined) return undefined;
      const width = Math.min(maxWidth ?? latest.width, latest.width);
      // Of several viewers who ask for the same, only the first costs anything.
      if (made?.of !== latest || made.width !== width) {
        made = { of: latest, width, bytes: pngOf(narrowed(latest, width)) };
      }
      return { mediaType: "image/png", bytes: await made.bytes };
    },
  };
};
