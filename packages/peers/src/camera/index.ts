// SPDX-License-Identifier: MIT
export { DeviceRefusal } from "../conversation.ts";
export {
  type Camera,
  type CameraOptions,
  defaultViewersMax,
  openCamera,
  type Pictures,
  type Showing,
} from "./camera.ts";
export { type Luma, type MotionOptions, type MotionSeen, motionDetector } from "./motion.ts";
export { type Patch, sceneAt } from "./test-scene.ts";
export { askForVideo, type CameraEvents, type CameraView, cameraChannel, viewCamera } from "./view-camera.ts";
export type { Snapshot } from "./viewer.ts";
export {
  type CameraDescription,
  cameraErrors,
  cameraProtocol,
  type MotionNews,
  type Recording,
} from "./wire.ts";
