// SPDX-License-Identifier: MIT
/** The path of a call as a track with five signals: what is behind, where it stands, where it stopped. */
import type { Stage, StageName } from "../state.ts";

const titles: Readonly<Record<StageName, string>> = {
  signaling: "Signaling",
  offer: "Offer",
  answer: "Answer",
  checking: "Checking",
  connected: "Connected",
};

const inWords: Readonly<Record<Stage["is"], string>> = {
  ahead: "still ahead",
  now: "now",
  done: "done",
  failed: "stopped here",
};

const duration = (ms: number): string =>
  ms < 9_950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

const Lamp = ({ is }: { readonly is: Stage["is"] }) => (
  <svg class="path-lamp" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <circle cx="12" cy="12" r="9" />
    {is === "done" && <path d="M7.5 12.5 10.7 15.7 16.5 9" />}
    {is === "failed" && <path d="M8.5 8.5l7 7M15.5 8.5l-7 7" />}
    {is === "now" && <circle class="path-core" cx="12" cy="12" r="4" />}
  </svg>
);

export const PathPicture = ({ stages }: { readonly stages: readonly Stage[] }) => (
  <ol class="path" aria-label="Path of this call">
    {stages.map((stage) => (
      <li key={stage.name} class={`path-stage ${stage.is}`} data-stage={stage.name} data-is={stage.is}>
        <Lamp is={stage.is} />
        <span class="path-name">{titles[stage.name]}</span>
        <span class="only-heard">: {inWords[stage.is]}</span>
        <span class="path-time">{stage.ms === undefined ? "" : duration(stage.ms)}</span>
      </li>
    ))}
  </ol>
);
