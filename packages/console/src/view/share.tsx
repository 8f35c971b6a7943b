// SPDX-License-Identifier: MIT
/** The way into the room for others: a link, its QR code, and what a program of another protocol needs. */
import { useMemo, useRef, useState } from "preact/hooks";
import { encode } from "uqr";
import { isOwnMachine, roomLink, signalingUrl } from "../desk/surroundings.ts";
import { Icon } from "./icon.tsx";

const Qr = ({ text }: { readonly text: string }) => {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: "M", border: 2 });
    const squares = code.data.flatMap((row, y) =>
      row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
    );
    return { size: code.size, path: squares.join("") };
  }, [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code of the link"
      shape-rendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
};

const flitterLine = (room: string, self: string): string =>
  `!websocket url=${JSON.stringify(signalingUrl())} room=${JSON.stringify(room)} id="camera" call=${JSON.stringify(self)}`;

export const Invitation = ({ room }: { readonly room: string }) => {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const link = roomLink(room);

  const copy = async (): Promise<void> => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // No clipboard outside a secure context: the link stands selected, ready for the keyboard.
      setCopied(false);
    }
  };

  return (
    <div class="invitation">
      <Qr text={link} />
      <div class="invitation-words">
        <label>
          Link to this room
          <input ref={field} readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
        </label>
        <div class="row">
          <button type="button" class="small-button" onClick={() => void copy()}>
            <Icon name={copied ? "check" : "copy"} />
            {copied ? "Copied" : "Copy link"}
          </button>
          {"share" in navigator && (
            <button
              type="button"
              class="small-button"
              onClick={() => {
                // Rejects when the person closes the sheet: that is an answer, not a failure.
                navigator.share({ title: `Signalbox: ${room}`, url: link }).catch(() => undefined);
              }}
            >
              <Icon name="share" />
              Send…
            </button>
          )}
        </div>
        <p class="only-heard" role="status">
          {copied ? "Link copied" : ""}
        </p>
        {isOwnMachine() && (
          <p class="aside">
            This address works only on this machine. For others, open the page by the address the server
            printed.
          </p>
        )}
      </div>
    </div>
  );
};

export const ShareButton = ({ room, self }: { readonly room: string; readonly self: string }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button
        type="button"
        class="quiet-button"
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="share" />
        <span>Share</span>
      </button>
      <dialog ref={dialog} class="dialog share" aria-labelledby="share-title" closedby="any">
        <div class="dialog-body">
          <div class="dialog-head">
            <h2 id="share-title">Bring others into “{room}”</h2>
            <button
              type="button"
              class="icon-button"
              aria-label="Close"
              onClick={() => dialog.current?.close()}
            >
              <Icon name="close" />
            </button>
          </div>
          <Invitation room={room} />
          <details>
            <summary>A Flitter program</summary>
            <p>It comes into this room, and calls you, with</p>
            <pre>
              <code>{flitterLine(room, self)}</code>
            </pre>
          </details>
        </div>
      </dialog>
    </>
  );
};
