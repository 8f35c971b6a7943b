// SPDX-License-Identifier: MIT
/** A connection that only tells what is done to it, at once: for what must *not* be done, which a real stack cannot show. */
export interface ToldConnection {
  readonly connection: RTCPeerConnection;
  readonly done: string[];
  /** Configurations it was given later, oldest first. */
  readonly configured: RTCConfiguration[];
  /** What the next offer or answer says. */
  sdp: string;
  /** Asks for a negotiation, as a stack does. */
  need(): void;
  turn(state: RTCPeerConnectionState): void;
  /** DTLS fails in the moment the path opens, and nothing is told, as with wrtc. */
  failHandshake(): void;
}

export const toldConnection = (): ToldConnection => {
  const done: string[] = [];
  const configured: RTCConfiguration[] = [];
  const told = { sdp: "m=application 9\r\na=mid:0\r\n" };
  const none: object | null = null;
  const stable = { signalingState: "stable", localDescription: none, remoteDescription: none };
  let agreed: object | null = null;
  const connection = Object.assign(new EventTarget(), stable, {
    getTransceivers: () => [],
    getStats: async () => new Map(),
    setConfiguration: (configuration: RTCConfiguration) => configured.push(configuration),
    close: () => done.push("close"),
    restartIce: () => done.push("restart"),
    createOffer: async () => ({ type: "offer", sdp: told.sdp }),
    createAnswer: async () => ({ type: "answer", sdp: told.sdp }),
    async setLocalDescription(description: { readonly type: string }) {
      done.push(description.type);
      if (description.type === "answer") agreed = description;
      const signalingState = description.type === "offer" ? "have-local-offer" : "stable";
      const localDescription = description.type === "rollback" ? agreed : description;
      Object.assign(connection, { signalingState, localDescription });
    },
    async setRemoteDescription(description: { readonly type: string }) {
      done.push(`their ${description.type}`);
      const signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
      if (description.type === "answer") agreed = connection.localDescription;
      Object.assign(connection, { signalingState, remoteDescription: description });
    },
    async addIceCandidate(candidate?: object) {
      done.push(candidate === undefined ? "their end" : "their candidate");
    },
  });
  return Object.assign(told, {
    connection: connection as unknown as RTCPeerConnection,
    done,
    configured,
    turn: (connectionState: RTCPeerConnectionState) => {
      Object.assign(connection, { connectionState });
      connection.dispatchEvent(new Event("connectionstatechange"));
    },
    failHandshake: () => {
      Object.assign(connection, { iceConnectionState: "connected", connectionState: "failed" });
    },
    need: () => {
      connection.dispatchEvent(new Event("negotiationneeded"));
    },
  });
};
