// SPDX-License-Identifier: MIT
/** Pictures for viewers, from whatever hands in one after the other. */
import { type NodeWebRtc, type Picture, pngOf, resized } from "@signalbox/video";
import type { Pictures } from "../camera.ts";

export interface FedPictures extends Pictures {
  /** The next picture: it goes to every viewer that is not paused. */
  feed(picture: Picture): void;
}

export const nodePictures = (
  webRtc: NodeWebRtc,
  size: { readonly width: number; readonly height: number; readonly rate: number },
): FedPictures => {
  let latest: Picture | undefined;
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
      const { width, height } = latest;
      const scale = Math.min(1, (maxWidth ?? width) / width);
      const even = (side: number) => Math.max(2, 2 * Math.floor((side * scale) / 2));
      const picture = scale === 1 ? latest : resized(latest, even(width), even(height));
      return { mediaType: "image/png", bytes: await pngOf(picture) };
    },
  };
};
