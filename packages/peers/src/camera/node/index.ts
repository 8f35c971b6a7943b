// SPDX-License-Identifier: MIT
export { type Footage, type FootageFormat, type FootageOptions, isThere, openFootage } from "./footage.ts";
export { type Hook, type HookOptions, hook } from "./hook.ts";
export { type FedPictures, nodePictures } from "./node-pictures.ts";
export { paintedPicture } from "./painted.ts";
export { type WatchfulCamera, type WatchfulOptions, watchfulCamera } from "./watchful-camera.ts";
