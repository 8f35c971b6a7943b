// SPDX-License-Identifier: MIT
/** `signalbox camera …` */
import { loadWebRtc, missingWebRtc, type NodeWebRtc } from "@signalbox/video";
import {
  cameraHelp,
  readServeCamera,
  readViewCamera,
  recordingsHelp,
  serveCameraHelp,
  viewCameraHelp,
} from "./camera-options.ts";
import { type Command, type Status, status } from "./io.ts";
import { lookAtCamera } from "./look-at-camera.ts";
import { isMisuse } from "./options.ts";
import { serveCamera } from "./serve-camera.ts";

export const cameraCommand: Command = async ([name, ...args], io) => {
  const say = (text: string): Status => {
    io.stdout.write(text);
    return status.done;
  };
  const refuse = (sentence: string): Status => {
    io.stderr.write(`signalbox camera: ${sentence}\n`);
    return status.misused;
  };
  const withWebRtc = async (run: (webRtc: NodeWebRtc) => Promise<Status>): Promise<Status> => {
    const webRtc = await loadWebRtc();
    if (webRtc !== undefined) return run(webRtc);
    io.stderr.write(`signalbox camera: ${missingWebRtc}\n`);
    return status.failed;
  };
  switch (name) {
    case "serve": {
      const request = readServeCamera(args, io.environment);
      if (request === "help") return say(serveCameraHelp);
      if (isMisuse(request)) return refuse(request.problem);
      return withWebRtc((webRtc) => serveCamera(request, io, webRtc));
    }
    case "view":
    case "recordings": {
      const request = readViewCamera(args, io.environment);
      if (request === "help") return say(name === "view" ? viewCameraHelp : recordingsHelp);
      if (isMisuse(request)) return refuse(request.problem);
      return withWebRtc((webRtc) => lookAtCamera(name, request, io, webRtc));
    }
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return say(cameraHelp);
    default:
      return refuse(`there is no command ${JSON.stringify(name)}; there are serve, view and recordings`);
  }
};
