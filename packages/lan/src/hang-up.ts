// SPDX-License-Identifier: MIT
/**
 * Calls once when the other side has closed its end of a connection that carries media. `connectionState` does not tell: a
 * DTLS transport that was closed counts as well as a connected one there (W3C webrtc-pc), until ICE finds nobody 15 s later.
 *
 * @returns what stops it. Keep that as long as it shall watch: some stacks forget a transport that nobody holds.
 */
export const onHangUp = (connection: RTCPeerConnection, run: () => void): (() => void) => {
  // Not the SCTP transport's: wrtc 0.10.0 crashes at the end of a process that looked at it.
  const parts = [...connection.getSenders(), ...connection.getReceivers()];
  const transports = new Set(parts.flatMap((part) => part.transport ?? []));
  const check = () => {
    if (![...transports].some((transport) => transport.state === "closed")) return;
    stop();
    run();
  };
  const stop = () => {
    for (const transport of transports) transport.removeEventListener("statechange", check);
    transports.clear();
  };
  for (const transport of transports) transport.addEventListener("statechange", check);
  check();
  return stop;
};
