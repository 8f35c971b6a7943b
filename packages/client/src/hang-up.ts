// SPDX-License-Identifier: MIT
/**
 * Calls once when the other side has closed its end of a connection that carries media. `connectionState` does not tell: a
 * DTLS transport that was closed counts as well as a connected one there (W3C webrtc-pc), until ICE finds nobody 15 s later.
 *
 * @returns what stops it. Keep that as long as it shall watch: some stacks forget a transport that nobody holds.
 */
export const onHangUp = (connection: RTCPeerConnection, run: () => void): (() => void) => {
  const transports = new Set<RTCDtlsTransport>();
  let stopped = false;
  const check = () => {
    // Some stacks still call who was removed while they call others.
    if (stopped) return;
    // Not the SCTP transport's: wrtc 0.10.0 crashes at the end of a process that looked at it.
    for (const { transport } of [...connection.getSenders(), ...connection.getReceivers()]) {
      if (!transport || transports.has(transport)) continue;
      transports.add(transport);
      transport.addEventListener("statechange", check);
    }
    if (![...transports].some(({ state }) => state === "closed")) return;
    stop();
    run();
  };
  const stop = () => {
    stopped = true;
    for (const transport of transports) transport.removeEventListener("statechange", check);
    connection.removeEventListener("connectionstatechange", check);
  };
  // wrtc 0.10.0 tells of it here only, though the connection's state stays what it was.
  connection.addEventListener("connectionstatechange", check);
  check();
  return stop;
};
