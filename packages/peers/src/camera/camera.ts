// SPDX-License-Identifier: MIT
/** A camera: pictures of whatever platform on one side, any number of viewers within bounds on the other. */
import type { Guest, Reject, ServiceOffer } from "@signalbox/client/peernet";
import { type Snapshot, serveViewer, type Viewer } from "./viewer.ts";
import { cameraProtocol, type MotionNews, type Recording } from "./wire.ts";

/** What shows pictures to one viewer. */
export interface Showing {
  /** Without pictures the track stays, and carries nothing or black. */
  pause(paused: boolean): void;
  stop(): void;
}

/** Where pictures come from: a file or a made-up picture in Node, a capture device in a page. */
export interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  /** Adds a video track to the connection, whose offer is applied. */
  show(pc: RTCPeerConnection): Showing;
  readonly snapshotType: string;
  /** Undefined: there is none yet. */
  snapshot(maxWidth: number | undefined): Promise<Omit<Snapshot, "at"> | undefined>;
}

export interface CameraOptions {
  readonly label: string;
  readonly pictures: Pictures;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default: 8. One more is refused, with the reason. */
  readonly viewersMax?: number;
  /** Does somebody look for motion, and tell it with `moved`? */
  readonly watchesMotion?: boolean;
  readonly recordings?: {
    /** Id of the `file` service of this device that has them. */
    readonly service: string;
    /** The newest first. */
    list(): Promise<readonly Recording[]>;
  };
  readonly onViewers?: (count: number) => void;
}

export interface Camera {
  readonly service: ServiceOffer;
  readonly viewers: number;
  moved(news: MotionNews): void;
  recorded(recording: Recording): void;
  /** For everybody. */
  pause(paused: boolean): void;
  close(): void;
}

/** A machine of two cores encodes eight streams of 480p, and no more, beside its other work. */
export const defaultViewersMax = 8;

export const openCamera = (options: CameraOptions): Camera => {
  const { label, pictures, now, viewersMax = defaultViewersMax, watchesMotion = false, recordings } = options;
  interface Watching {
    readonly guest: Guest;
    readonly showing: Showing | undefined;
    viewer?: Viewer;
    /** Its own wish; the camera's pause comes on top. */
    paused: boolean;
  }
  const watching = new Set<Watching>();
  let paused = false;
  let moving = false;

  const describe = () => ({
    protocol: cameraProtocol,
    label,
    width: pictures.width,
    height: pictures.height,
    rate: pictures.rate,
    paused,
    motion: { watched: watchesMotion, moving },
    snapshot: pictures.snapshotType,
    ...(recordings === undefined ? {} : { recordings: recordings.service }),
    now: now(),
  });
  const snapshot = async (maxWidth: number | undefined): Promise<Snapshot | undefined> => {
    const taken = paused ? undefined : await pictures.snapshot(maxWidth);
    return taken && { ...taken, at: now() };
  };
  const tell = (news: Parameters<Viewer["tell"]>[0]) => {
    for (const { viewer } of watching) viewer?.tell(news);
  };

  const accept = (guest: Guest): Reject | undefined => {
    if (watching.size >= viewersMax) {
      return { reject: `This camera takes no more than ${viewersMax} at once.` };
    }
    const { pc, signal } = guest;
    // A viewer without video is one too: of snapshots, of motion.
    const wantsVideo = /^m=video [1-9]/m.test(pc.remoteDescription?.sdp ?? "");
    const showing = wantsVideo ? pictures.show(pc) : undefined;
    const one: Watching = { guest, showing, paused: false };
    if (paused) showing?.pause(true);
    watching.add(one);
    options.onViewers?.(watching.size);
    signal.addEventListener("abort", () => {
      showing?.stop();
      watching.delete(one);
      options.onViewers?.(watching.size);
    });
    pc.addEventListener("datachannel", ({ channel }) => {
      if (channel.protocol !== cameraProtocol || one.viewer !== undefined) return channel.close();
      one.viewer = serveViewer({
        channel,
        now,
        describe,
        snapshot,
        recordings: recordings?.list,
        pause(wish) {
          one.paused = wish;
          showing?.pause(paused || wish);
        },
      });
      // Who closes the channel is no viewer any more.
      channel.addEventListener("close", guest.close);
    });
    return undefined;
  };

  return {
    get viewers() {
      return watching.size;
    },
    service: {
      protocol: "camera",
      version: "1.0",
      // What it shows can be read before anybody knocks.
      attributes: {
        width: pictures.width,
        height: pictures.height,
        rate: pictures.rate,
        motion: watchesMotion,
        recordings: recordings !== undefined,
      },
      accept,
    },
    moved(news) {
      moving = news.moving;
      tell({ motion: news });
    },
    recorded: (recording) => tell({ recorded: recording }),
    pause(wish) {
      if (wish === paused) return;
      paused = wish;
      for (const one of watching) one.showing?.pause(paused || one.paused);
      tell({ paused });
    },
    close() {
      for (const { guest } of [...watching]) guest.close();
    },
  };
};
