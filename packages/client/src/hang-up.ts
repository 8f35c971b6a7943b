// SPDX-License-Identifier: MIT
/** Time between two looks. Milliseconds. Soon enough for who waits to call again. */
const lookEveryMs = 1_000;

/**
 * Calls once when the other side has closed its end of a connection that carries media. `connectionState` does not tell: a
 * DTLS transport that was closed counts as well as a connected one there (W3C webrtc-pc), until ICE finds nobody 15 s later.
 *
 * @param after calls something once, later; what it gives back takes that back.
 * @returns what stops it.
 */
export const onHangUp = (
  connection: RTCPeerConnection,
  run: () => void,
  after: (ms: number, run: () => void) => () => void,
): (() => void) => {
  let stopped = false;
  let cancel = () => {};
  const isClosed = () =>
    // Not the SCTP transport's: wrtc 0.10.0 crashes at the end of a process that looked at it.
    [...connection.getSenders(), ...connection.getReceivers()].some(
      ({ transport }) => transport?.state === "closed",
    );
  const look = () => {
    // Some stacks still call who was removed while they call others.
    if (stopped) return;
    if (!isClosed()) return again();
    stop();
    run();
  };
  // The transport's own event is not enough: wrtc 0.10.0 sometimes leaves it out, and tells of a change of the connection
  // instead, before the transport's state has changed or after.
  const again = () => {
    cancel();
    cancel = after(lookEveryMs, look);
  };
  const stop = () => {
    stopped = true;
    cancel();
    connection.removeEventListener("connectionstatechange", look);
  };
  connection.addEventListener("connectionstatechange", look);
  look();
  return stop;
};
