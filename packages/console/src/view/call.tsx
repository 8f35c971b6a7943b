// SPDX-License-Identifier: MIT
/** One call: its path, its pictures, its talk. */
import { useEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.ts";
import type { CallPhase, CallState } from "../state.ts";
import { Clock } from "./clock.tsx";
import { Icon } from "./icon.tsx";
import { PathPicture } from "./path-picture.tsx";
import { Plate } from "./plate.tsx";
import { protocolTitle } from "./protocol.ts";
import { Stage } from "./stage.tsx";
import { Talk } from "./talk.tsx";

const phaseWords = (phase: CallPhase): string => {
  switch (phase.is) {
    case "preparing":
      return "asking for your camera and microphone…";
    case "calling":
      return "calling…";
    case "connecting":
      return "connecting…";
    case "connected":
      return "connected";
    case "interrupted":
      return "interrupted, looking for another path…";
    case "failed":
      return "failed";
    case "ended":
      return "over";
  }
};

const pathWords = { direct: "straight path", relayed: "through a relay" } as const;

interface CallProps {
  readonly call: CallState;
  /** Is the other one in the room? */
  readonly here: boolean;
  readonly actions: Actions;
}

export const Call = ({ call, here, actions }: CallProps) => {
  const { phase } = call;
  const over = phase.is === "ended" || phase.is === "failed";
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    // The button that was pressed is gone: whoever works by keyboard goes on at the call. A missed one waits.
    const { activeElement } = document;
    const lost = activeElement === document.body || article.current?.contains(activeElement);
    if (call.stages.length > 0 && lost) article.current?.focus({ preventScroll: over });
  }, [over]);
  const shows = !over && (call.wants === "media" || call.camera !== "none" || call.remoteVideo);
  const talks = call.talkOpen || call.said.length > 0 || call.files.length > 0;
  const titleId = `call-${call.key}`;
  return (
    <article
      ref={article}
      tabIndex={-1}
      class={`panel call ${phase.is}`}
      aria-labelledby={titleId}
      data-call={call.peer.id}
      data-phase={phase.is}
    >
      <div class="call-head">
        <Plate protocol={call.peer.protocol} />
        <div class="call-words">
          <h3 id={titleId}>{call.peer.name}</h3>
          <p>
            {protocolTitle(call.peer.protocol)} · <span class="call-phase">{phaseWords(phase)}</span>
            {phase.is === "connected" && (
              <>
                {call.path !== undefined && `, ${pathWords[call.path]}`}
                {call.since !== undefined && <Clock since={call.since} />}
              </>
            )}
          </p>
        </div>
      </div>
      {call.stages.length > 0 && <PathPicture stages={call.stages} />}
      {phase.is === "failed" && (
        <p class="notice danger verdict" role="alert">
          <strong>{phase.verdict.sentence}</strong> {phase.verdict.fix}
        </p>
      )}
      {phase.is === "ended" && <p class="notice verdict">{phase.sentence}</p>}
      {call.note !== undefined && !over && <p class="notice caution">{call.note}</p>}
      <div class={`call-body${shows && talks ? " both" : ""}`}>
        <div class="call-side">
          {shows && <Stage call={call} />}
          {over ? (
            <OverControls call={call} here={here} actions={actions} />
          ) : (
            <Controls call={call} actions={actions} />
          )}
        </div>
        {talks && <Talk call={call} over={over} actions={actions} />}
      </div>
    </article>
  );
};

const OverControls = ({ call, here, actions }: CallProps) => (
  <div class="controls">
    {here && (
      <button type="button" class="control" onClick={() => actions.callAgain(call.key)}>
        <Icon name={call.wants === "media" ? "camera" : "chat"} />
        {call.wants === "media" ? "Call again" : "Chat again"}
      </button>
    )}
    <button
      type="button"
      class="control"
      onClick={() => {
        actions.close(call.key);
        document.getElementById("roster-title")?.focus();
      }}
    >
      <Icon name="close" />
      Close
    </button>
  </div>
);

const Controls = ({ call, actions }: { readonly call: CallState; readonly actions: Actions }) => {
  const up = call.phase.is === "connected" || call.phase.is === "interrupted";
  const media = call.wants === "media" || call.mic !== "none";
  const canShow = call.peer.media.includes("video") && (call.camera !== "none" || (up && call.renegotiates));
  return (
    <div class="controls">
      {call.mic !== "none" && (
        <button
          type="button"
          class={`control${call.mic === "muted" ? " off" : ""}`}
          onClick={() => actions.toggleMic(call.key)}
        >
          <Icon name={call.mic === "muted" ? "mic-off" : "mic"} />
          {call.mic === "muted" ? "Unmute" : "Mute"}
        </button>
      )}
      {canShow && (
        <button
          type="button"
          class={`control${call.camera === "on" || !media ? "" : " off"}`}
          aria-disabled={call.camera === "starting"}
          onClick={() => actions.toggleCamera(call.key)}
        >
          <Icon name={call.camera === "on" || !media ? "camera" : "camera-off"} />
          {call.camera === "on" ? "Stop camera" : media ? "Start camera" : "Camera & sound"}
        </button>
      )}
      <button type="button" class="control hang-up" onClick={() => actions.hangUp(call.key)}>
        <Icon name="hang-up" />
        {up ? "Hang up" : "Cancel"}
      </button>
    </div>
  );
};
