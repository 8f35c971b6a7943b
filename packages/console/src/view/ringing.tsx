// SPDX-License-Identifier: MIT
/** Somebody calls: a dialog above all else, one call at a time. */
import { useEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.ts";
import { hasCapture } from "../desk/surroundings.ts";
import type { Ringing } from "../state.ts";
import { Icon } from "./icon.tsx";
import { Plate } from "./plate.tsx";
import { protocolTitle } from "./protocol.ts";

const offered = ({ offers }: Ringing): string => {
  if (offers.includes("video"))
    return offers.includes("audio") ? "with camera and microphone" : "with a camera, without sound";
  if (offers.includes("audio")) return "with a microphone";
  return "for chat and files, without camera";
};

export const RingingDialog = ({
  ringing,
  more,
  actions,
}: {
  readonly ringing: Ringing;
  readonly more: number;
  readonly actions: Actions;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const { key, peer, offers } = ringing;

  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
    // Not on a button: whoever is typing when the call comes must not accept it with the next key.
    title.current?.focus();
    return () => element?.close();
  }, [key]);

  const media = offers.includes("video") || offers.includes("audio");
  const capture = hasCapture();
  return (
    <dialog
      ref={dialog}
      class="dialog ringing"
      role="alertdialog"
      aria-labelledby="ringing-title"
      aria-describedby="ringing-words"
      onCancel={(event) => {
        event.preventDefault();
        actions.decline(key);
      }}
    >
      <div class="dialog-body">
        <div class="ringing-head">
          <Plate protocol={peer.protocol} />
          <div>
            <h2 id="ringing-title" ref={title} tabIndex={-1}>
              {peer.name} is calling
            </h2>
            <p id="ringing-words">
              {protocolTitle(peer.protocol)}, {offered(ringing)}
            </p>
          </div>
        </div>
        <div class="ringing-tools">
          {media && capture && offers.includes("video") && (
            <button type="button" class="main-button" onClick={() => actions.accept(key, "video")}>
              <Icon name="camera" />
              Accept with video
            </button>
          )}
          {media && capture && offers.includes("audio") && (
            <button type="button" class="side-button" onClick={() => actions.accept(key, "audio")}>
              <Icon name="mic" />
              Accept with sound only
            </button>
          )}
          {(!media || !capture || !offers.includes("audio")) && (
            <button
              type="button"
              class={media && capture ? "side-button" : "main-button"}
              onClick={() => actions.accept(key, "nothing")}
            >
              <Icon name={media ? "check" : "chat"} />
              {media ? "Accept and only watch" : "Accept"}
            </button>
          )}
          <button type="button" class="side-button decline" onClick={() => actions.decline(key)}>
            <Icon name="hang-up" />
            Decline
          </button>
        </div>
        {more > 0 && (
          <p class="aside">{more === 1 ? "One more call is waiting." : `${more} more calls are waiting.`}</p>
        )}
      </div>
    </dialog>
  );
};
