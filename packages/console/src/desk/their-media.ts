// SPDX-License-Identifier: MIT
/** What the other side sends, gathered into one stream whatever it names its own. */

export interface TheirState {
  readonly remote: MediaStream;
  readonly remoteVideo: boolean;
  readonly remoteAudio: boolean;
}

/**
 * Follows a connection until the signal aborts. Whether something comes is told by the agreed direction, not by the
 * track being muted: after a rollback Chromium 156 leaves tracks muted whose packets come and are decoded.
 */
export const followTheirs = (
  connection: RTCPeerConnection,
  show: (theirs: TheirState) => void,
  signal: AbortSignal,
): void => {
  const remote = new MediaStream();
  const coming = (): MediaStreamTrack[] =>
    connection
      .getTransceivers()
      .filter(({ currentDirection }) => currentDirection === "sendrecv" || currentDirection === "recvonly")
      .map(({ receiver }) => receiver.track)
      .filter(({ readyState }) => readyState === "live");
  const tell = (): void => {
    const tracks = coming();
    for (const track of remote.getTracks()) if (!tracks.includes(track)) remote.removeTrack(track);
    for (const track of tracks) remote.addTrack(track);
    const flows = (kind: string): boolean => tracks.some((track) => track.kind === kind);
    show({ remote, remoteVideo: flows("video"), remoteAudio: flows("audio") });
  };
  const settled = (): void => {
    if (connection.signalingState === "stable") tell();
  };
  connection.addEventListener("signalingstatechange", settled, { signal });
  connection.addEventListener("track", ({ track }) => track.addEventListener("ended", tell, { signal }), {
    signal,
  });
  settled();
};
