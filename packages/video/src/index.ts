// SPDX-License-Identifier: MIT
export { openVideo } from "./open-video.ts";
export { type PlayerGround, type PlayerOptions, play, playBlack } from "./player.ts";
export { pngOf, rgbOf } from "./png.ts";
export { type Recorder, type RecorderOptions, recorder } from "./recorder.ts";
export { loadWebRtc, missingWebRtc, type NodeWebRtc, type VideoInput } from "./webrtc.ts";
export {
  blackPicture,
  frameMark,
  headerBytes,
  looksLikeY4m,
  type Picture,
  parseHeader,
  pictureBytes,
  readY4m,
  resized,
  type Y4mHeader,
  Y4mProblem,
  type Y4mVideo,
} from "./y4m.ts";
