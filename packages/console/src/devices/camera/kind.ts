// SPDX-License-Identifier: MIT
import type { DeviceKind } from "../kinds.ts";
import { BeCamera } from "./be-camera.tsx";
import { CameraView } from "./camera-view.tsx";

export const cameraKind: DeviceKind = {
  protocol: "camera",
  name: "Camera",
  icon: "camera",
  View: CameraView,
  offer: { label: "Be a camera", Offer: BeCamera },
};
