// SPDX-License-Identifier: MIT
/** Command lines of `signalbox camera`. */
import { defaultViewersMax } from "../camera/camera.ts";
import type { FootageFormat } from "../camera/node/footage.ts";
import {
  type ClientChoice,
  clientChoice,
  clientHelp,
  clientOptions,
  type DeviceChoice,
  deviceChoice,
  deviceHelp,
  deviceOptions,
  isMisuse,
  type Misuse,
  numberIn,
  readArgs,
} from "./options.ts";

type Environment = { readonly [name: string]: string | undefined };

export const cameraHelp = `Usage: signalbox camera serve [options]        be a camera
       signalbox camera view [options]         see one: video, snapshots, motion
       signalbox camera recordings [options]   what one has recorded

Each has a --help of its own. The protocol is camera/1, docs/camera-1.md.
`;

export const serveCameraHelp = `Usage: signalbox camera serve [options]

Shows a video to whoever knocks, several at once, and looks for motion in it.

      --y4m FILE      this video, over and over; what is not Y4M is converted by ffmpeg, where that is installed
      --generate      a made-up picture, in which a train passes every 20 seconds; the default
      --size WxH      of the made-up picture; default: 640x480
      --rate NUMBER   pictures in a second of it; default: 15
      --viewers NUMBER  at once; default: ${defaultViewersMax}
      --threshold NUMBER  motion is where the brightness changes by more, of 255; default: 12
      --on-motion COMMAND  what runs when motion begins, with SIGNALBOX_DEVICE and SIGNALBOX_MOTION_AT; one at a time
      --on-motion-every SECONDS  not more often; default: 10
      --record FOLDER records while something moves, and shares the folder as a service of the protocol file
      --record-keep BYTES  of recordings, the oldest make room; as 500M or 20G; default: 1G
      --record-format y4m, mp4 or webm; default: mp4 where ffmpeg is installed, else y4m, which is very large
      --pre-roll SECONDS  recorded from before the motion; default: 2
      --on-recorded COMMAND  what runs for each recording, with its path in SIGNALBOX_RECORDING; one after the other
${deviceHelp}`;

export interface ServeCameraRequest {
  readonly device: DeviceChoice;
  readonly y4m: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  readonly viewersMax: number;
  readonly threshold: number | undefined;
  readonly onMotion: { readonly command: string; readonly everyMs: number } | undefined;
  readonly record:
    | {
        readonly folder: string;
        readonly keepBytes: number;
        readonly format: FootageFormat | undefined;
        readonly preRollMs: number;
        readonly onRecorded: string | undefined;
      }
    | undefined;
}

const units: { readonly [letter: string]: number } = {
  "": 1,
  k: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

const bytesIn = (name: string, text: string | undefined): number | undefined | Misuse => {
  if (text === undefined) return undefined;
  const [, number = "", unit = ""] = /^(\d{1,12}(?:\.\d+)?)([kMGT]?)$/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (units[unit] ?? Number.NaN));
  if (number !== "" && bytes >= 2 ** 20 && Number.isSafeInteger(bytes)) return bytes;
  return { problem: `--${name}: must be as 500M or 20G, at least 1M, not ${JSON.stringify(text)}` };
};

const sizeIn = (text: string): { readonly width: number; readonly height: number } | Misuse => {
  const [width = 0, height = 0] = (/^(\d{2,4})x(\d{2,4})$/.exec(text)?.slice(1) ?? []).map(Number);
  const fits = [width, height].every((side) => side >= 16 && side <= 3_840 && side % 2 === 0);
  return fits
    ? { width, height }
    : { problem: `--size: must be as 640x480, even numbers from 16 to 3840, not ${JSON.stringify(text)}` };
};

export const readServeCamera = (
  args: readonly string[],
  environment: Environment,
): ServeCameraRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: {
      ...deviceOptions,
      y4m: { type: "string" },
      generate: { type: "boolean" },
      size: { type: "string" },
      rate: { type: "string" },
      viewers: { type: "string" },
      threshold: { type: "string" },
      "on-motion": { type: "string" },
      "on-motion-every": { type: "string" },
      record: { type: "string" },
      "record-keep": { type: "string" },
      "record-format": { type: "string" },
      "pre-roll": { type: "string" },
      "on-recorded": { type: "string" },
    },
  });
  if (isMisuse(found)) return found;
  const { values } = found;
  if (values.help) return "help";
  const device = deviceChoice(values, environment);
  if (isMisuse(device)) return device;
  const size = sizeIn(values.size ?? "640x480");
  const rate = numberIn("rate", values.rate, 1, 60, false);
  const viewers = numberIn("viewers", values.viewers, 1, 1_000, true);
  const threshold = numberIn("threshold", values.threshold, 1, 255, false);
  const every = numberIn("on-motion-every", values["on-motion-every"], 0, 86_400, false);
  const preRoll = numberIn("pre-roll", values["pre-roll"], 0, 30, false);
  const keepBytes = bytesIn("record-keep", values["record-keep"]);
  const format = values["record-format"];
  if (isMisuse(size)) return size;
  if (isMisuse(rate)) return rate;
  if (isMisuse(viewers)) return viewers;
  if (isMisuse(threshold)) return threshold;
  if (isMisuse(every)) return every;
  if (isMisuse(preRoll)) return preRoll;
  if (isMisuse(keepBytes)) return keepBytes;
  if (format !== undefined && format !== "y4m" && format !== "mp4" && format !== "webm") {
    return { problem: `--record-format: must be y4m, mp4 or webm, not ${JSON.stringify(format)}` };
  }
  if (values.generate === true && values.y4m !== undefined) {
    return { problem: "one of --y4m and --generate is enough" };
  }
  if (values.y4m !== undefined && (values.size !== undefined || rate !== undefined)) {
    return { problem: "--size, --rate: a video has its own" };
  }
  const command = values["on-motion"];
  if (command === undefined && every !== undefined)
    return { problem: "--on-motion-every: name an --on-motion" };
  const { record } = values;
  const onRecorded = values["on-recorded"];
  const ofRecordings = [keepBytes, format, preRoll, onRecorded];
  if (record === undefined && ofRecordings.some((one) => one !== undefined)) {
    return {
      problem: "--record-keep, --record-format, --pre-roll, --on-recorded: name a folder to --record into",
    };
  }
  return {
    device,
    y4m: values.y4m,
    ...size,
    rate: rate ?? 15,
    viewersMax: viewers ?? defaultViewersMax,
    threshold,
    onMotion: command === undefined ? undefined : { command, everyMs: (every ?? 10) * 1_000 },
    record:
      record === undefined
        ? undefined
        : {
            folder: record,
            keepBytes: keepBytes ?? 2 ** 30,
            format,
            preRollMs: (preRoll ?? 2) * 1_000,
            onRecorded,
          },
  };
};

export const viewCameraHelp = `Usage: signalbox camera view [options]

Looks at a camera. Without options: says what it is, and when something moves, until it is told to end.

      --y4m-out FILE  write its video as Y4M
      --rate NUMBER   pictures in a second of what is written; default: what the camera has
      --pictures NUMBER  end after so many pictures
      --for SECONDS   end after so long
      --snapshot FILE write one picture as the camera has it, as PNG or JPEG, and end where nothing else is asked
      --width NUMBER  of the snapshot, at most
      --motion        say when something moves
${clientHelp}`;

export const recordingsHelp = `Usage: signalbox camera recordings [options]

Lists what a camera has recorded, the newest first. \`signalbox files get\` fetches it by its name.

      --json          one JSON object on each line
${clientHelp}`;

export interface ViewCameraRequest {
  readonly client: ClientChoice;
  readonly y4mOut: string | undefined;
  readonly rate: number | undefined;
  readonly pictures: number | undefined;
  readonly forMs: number | undefined;
  readonly snapshot: string | undefined;
  readonly width: number | undefined;
  readonly motion: boolean;
  readonly json: boolean;
}

export const readViewCamera = (
  args: readonly string[],
  environment: Environment,
): ViewCameraRequest | "help" | Misuse => {
  const found = readArgs({
    args: [...args],
    options: {
      ...clientOptions,
      "y4m-out": { type: "string" },
      rate: { type: "string" },
      pictures: { type: "string" },
      for: { type: "string" },
      snapshot: { type: "string" },
      width: { type: "string" },
      motion: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  if (isMisuse(found)) return found;
  const { values } = found;
  if (values.help) return "help";
  const client = clientChoice(values, environment);
  if (isMisuse(client)) return client;
  const rate = numberIn("rate", values.rate, 1, 240, false);
  const pictures = numberIn("pictures", values.pictures, 1, 1_000_000_000, true);
  const forSeconds = numberIn("for", values.for, 0.1, 1_000_000, false);
  const width = numberIn("width", values.width, 16, 10_000, true);
  if (isMisuse(rate)) return rate;
  if (isMisuse(pictures)) return pictures;
  if (isMisuse(forSeconds)) return forSeconds;
  if (isMisuse(width)) return width;
  const { snapshot, "y4m-out": y4mOut } = values;
  if (y4mOut === undefined && (rate !== undefined || pictures !== undefined)) {
    return { problem: "--rate, --pictures: name a --y4m-out" };
  }
  if (snapshot === undefined && width !== undefined) return { problem: "--width: name a --snapshot" };
  return {
    client,
    y4mOut,
    rate,
    pictures,
    forMs: forSeconds === undefined ? undefined : forSeconds * 1_000,
    snapshot,
    width,
    motion: values.motion === true || (y4mOut === undefined && snapshot === undefined),
    json: values.json === true,
  };
};
