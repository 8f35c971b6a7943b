// SPDX-License-Identifier: MIT
/** Who is in the room, what each speaks, and how to reach them. */
import type { Actions } from "../actions.ts";
import type { Peer, State } from "../state.ts";
import { Icon } from "./icon.tsx";
import { Plate } from "./plate.tsx";
import { abilities, protocolTitle } from "./protocol.ts";
import { Invitation } from "./share.tsx";
import { Self } from "./top.tsx";

const busy = (state: State, peer: Peer): boolean =>
  state.calls.some(
    ({ phase, peer: other }) =>
      other.id === peer.id && other.session === peer.session && phase.is !== "ended" && phase.is !== "failed",
  );

const Row = ({
  peer,
  inCall,
  actions,
}: {
  readonly peer: Peer;
  readonly inCall: boolean;
  readonly actions: Actions;
}) => {
  const media = peer.media.includes("video") || peer.media.includes("audio");
  const talk = peer.media.includes("application");
  return (
    <li class={`peer${inCall ? " in-call" : ""}`} data-peer={peer.id} data-protocol={peer.protocol}>
      <Plate protocol={peer.protocol} />
      <div class="peer-words">
        <span class="peer-name">{peer.name}</span>
        <span class="peer-protocol">
          <b>{protocolTitle(peer.protocol)}</b> · {abilities(peer.media)}
        </span>
      </div>
      {inCall ? (
        <span class="peer-state">in a call</span>
      ) : (
        <div class="peer-tools">
          {media && (
            <button
              type="button"
              class="call-button"
              onClick={() => actions.call(peer.id, "media")}
              aria-label={`Call ${peer.name}`}
              title="Call with camera and microphone"
            >
              <Icon name={peer.media.includes("video") ? "camera" : "phone"} />
              <span>Call</span>
            </button>
          )}
          {talk && (
            <button
              type="button"
              class="call-button"
              onClick={() => actions.call(peer.id, "talk")}
              aria-label={`Chat with ${peer.name}`}
              title="Chat and files, without camera"
            >
              <Icon name="chat" />
              <span>Chat</span>
            </button>
          )}
        </div>
      )}
    </li>
  );
};

/** Rows drawn at most: a longer list is no list for people any more, and they can be called by id. */
const rowsMax = 200;

/** Peers that are in the room without being announced can be called by whoever knows their id. */
const Unlisted = ({ actions }: { readonly actions: Actions }) => (
  <details class="unlisted">
    <summary>Call somebody who is not listed</summary>
    <form
      class="self-form"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const typed = new FormData(form).get("id");
        if (typeof typed !== "string" || typed.trim() === "") return;
        actions.call(typed.trim(), "media");
        form.reset();
      }}
    >
      <label>
        Their id
        <input
          name="id"
          maxLength={256}
          required
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
      </label>
      <button type="submit" class="small-button">
        Call
      </button>
    </form>
  </details>
);

export const Roster = ({ state, actions }: { readonly state: State; readonly actions: Actions }) => (
  <section class="roster" aria-labelledby="roster-title">
    <div class="section-head">
      <h2 id="roster-title" tabIndex={-1}>
        In this room
      </h2>
      <span class="count">{state.peers.length + 1}</span>
    </div>
    <Self state={state} actions={actions} />
    {state.peers.length === 0 ? (
      <div class="panel alone">
        <p>
          <strong>Nobody else is here yet.</strong> Open this link in another tab or on a phone:
        </p>
        <Invitation room={state.room} />
      </div>
    ) : (
      <ul class="peers">
        {state.peers.slice(0, rowsMax).map((peer) => (
          <Row key={peer.session} peer={peer} inCall={busy(state, peer)} actions={actions} />
        ))}
      </ul>
    )}
    {state.peers.length > rowsMax && <p class="aside">and {state.peers.length - rowsMax} more</p>}
    <Unlisted actions={actions} />
  </section>
);
