// SPDX-License-Identifier: MIT
/** The whole page, from the state alone. */
import { useEffect } from "preact/hooks";
import type { Actions } from "../actions.ts";
import { type Line, ringingNow, type State } from "../state.ts";
import { Call } from "./call.tsx";
import { DoorView } from "./door.tsx";
import { Announcer, Register } from "./register.tsx";
import { RingingDialog } from "./ringing.tsx";
import { Roster } from "./roster.tsx";
import { Scene } from "./scene.tsx";
import { SecureNotice } from "./secure-notice.tsx";
import { Top } from "./top.tsx";

const title = (state: State): string => {
  const [ringing] = ringingNow(state);
  if (ringing !== undefined) return `${ringing.peer.name} is calling · Signalbox`;
  return state.inside ? `${state.room} · Signalbox` : "Signalbox";
};

const LineNotice = ({ line, actions }: { readonly line: Line; readonly actions: Actions }) => {
  switch (line.is) {
    case "lost":
      return (
        <p class="notice caution line-notice">
          <strong>The server cannot be reached.</strong> It is tried again by itself; calls that stand go on
          without it.
        </p>
      );
    case "closed":
      return (
        <p class="notice danger line-notice" role="alert">
          <strong>{line.sentence}</strong>
          <button type="button" class="small-button" onClick={actions.retry}>
            Enter again
          </button>
        </p>
      );
    default:
      return null;
  }
};

/** Who can still be called again. */
const isHere = (state: State, peer: string): boolean => state.peers.some(({ id }) => id === peer);

const RoomView = ({ state, actions }: { readonly state: State; readonly actions: Actions }) => (
  <>
    <Top state={state} actions={actions} />
    <main class={`room${state.calls.length > 0 ? " has-calls" : ""}`} id="main">
      <LineNotice line={state.line} actions={actions} />
      <SecureNotice />
      <Roster state={state} actions={actions} />
      <section class="calls" aria-labelledby="calls-title">
        <h2 id="calls-title" class="only-heard">
          Calls
        </h2>
        {state.calls.map((call) => (
          <Call key={call.key} call={call} here={isHere(state, call.peer.id)} actions={actions} />
        ))}
        {state.calls.length === 0 && (
          <div class="no-calls">
            <Scene />
            <p>
              {state.peers.length === 0
                ? "As soon as somebody comes in, you can call them."
                : "Choose somebody to call."}
            </p>
          </div>
        )}
      </section>
    </main>
    <footer class="foot">
      <Register entries={state.register} />
    </footer>
  </>
);

export const Page = ({ state, actions }: { readonly state: State; readonly actions: Actions }) => {
  const [ringing, ...others] = ringingNow(state);
  useEffect(() => {
    document.title = title(state);
  }, [state]);
  return (
    <>
      {state.inside ? (
        <RoomView state={state} actions={actions} />
      ) : (
        <DoorView door={state.door} actions={actions} />
      )}
      {ringing !== undefined && <RingingDialog ringing={ringing} more={others.length} actions={actions} />}
      <Announcer entries={state.register} />
    </>
  );
};
