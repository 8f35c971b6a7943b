// SPDX-License-Identifier: MIT
/** The pictures of a call: theirs large, your own small. */
import { useEffect, useRef } from "preact/hooks";
import type { CallState } from "../state.ts";
import { Icon } from "./icon.tsx";

const Video = ({
  stream,
  muted,
  label,
  name,
}: {
  readonly stream: MediaStream;
  readonly muted: boolean;
  readonly label: string;
  readonly name: string;
}) => {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null || element.srcObject === stream) return;
    element.srcObject = stream;
    // Rejects when the element is replaced before it could play: the new one plays.
    element.play().catch(() => undefined);
  }, [stream]);
  return <video ref={video} class={name} autoplay playsInline muted={muted} aria-label={label} />;
};

const initials = (name: string): string => [...name].slice(0, 2).join("").toUpperCase();

export const Stage = ({ call }: { readonly call: CallState }) => {
  const { peer } = call;
  const connected = call.phase.is === "connected" || call.phase.is === "interrupted";
  return (
    <div class={`stage${call.remoteVideo ? " has-video" : ""}`}>
      {call.remote !== undefined && (call.remoteVideo || call.remoteAudio) && (
        <Video stream={call.remote} muted={false} label={`Picture and sound of ${peer.name}`} name="remote" />
      )}
      {!call.remoteVideo && (
        <div class="stage-nobody">
          <span class="initials" aria-hidden="true">
            {initials(peer.name)}
          </span>
          <span>{connected ? (call.remoteAudio ? "Sound only" : `${peer.name} sends no picture`) : ""}</span>
        </div>
      )}
      {call.local !== undefined && call.camera === "on" ? (
        <Video stream={call.local} muted={true} label="Your own picture" name="local" />
      ) : (
        <span class="local local-off">
          <Icon name="camera-off" />
          <span class="only-heard">Your camera is off</span>
        </span>
      )}
    </div>
  );
};
