// SPDX-License-Identifier: MIT
/** The kinds of devices this page knows: one entry a protocol, and nothing else to touch for a new one. */
import type { ServerView, ServiceView } from "@signalbox/client/peernet";
import type { ComponentChild } from "preact";
import type { IconName } from "../view/icon.tsx";
import type { Access } from "./access.ts";
import { cameraKind } from "./camera/kind.ts";
import { filesKind } from "./files/kind.ts";
import { sensorKind } from "./sensor/kind.ts";

export interface ViewProps {
  readonly access: Access;
  readonly server: ServerView;
  readonly service: ServiceView;
}

export interface OfferProps {
  readonly access: Access;
}

export interface DeviceKind {
  /** As services name it. */
  readonly protocol: string;
  /** For people: "Camera". */
  readonly name: string;
  readonly icon: IconName;
  /** Looks at such a device, from the knock to the end. Taken down when one leaves: close what is open then. */
  readonly View: (props: ViewProps) => ComponentChild;
  /** Makes this browser such a device. `label` is what the button says. */
  readonly offer?: { readonly label: string; readonly Offer: (props: OfferProps) => ComponentChild };
}

export const kinds: readonly DeviceKind[] = [cameraKind, sensorKind, filesKind];

export const kindOf = (protocol: string): DeviceKind | undefined =>
  kinds.find((kind) => kind.protocol === protocol);

/** What people call it: its own name, else its id. */
export const nameOf = ({ displayName, id }: ServerView): string => displayName || id;
