// SPDX-License-Identifier: MIT
/** The media path of one end of a call, whatever stack stands behind it. */

export interface Path {
  /** Rejects when the connection fails or is closed before. */
  readonly connected: Promise<void>;
  /** A picture of this brightness came. A stack that cannot decode counts the packets of pictures. */
  sees(brightness: number): Promise<void>;
  /** A tone came. A stack that cannot decode counts the packets of sound. */
  hears(): Promise<void>;
}

/** As much of a connection as says whether it stands: browsers', wrtc's and werift's. */
interface Connecting {
  readonly connectionState: string;
  addEventListener(type: "connectionstatechange", run: () => void): void;
}

export const whenConnected = (connection: Connecting): Promise<void> => {
  const settled = new Promise<void>((resolve, reject) => {
    const look = () => {
      const { connectionState: state } = connection;
      if (state === "connected") resolve();
      else if (state === "failed" || state === "closed") reject(new Error(`the connection is ${state}`));
    };
    connection.addEventListener("connectionstatechange", look);
    look();
  });
  // A test that fails before it looks closes the connection.
  settled.catch(() => {});
  return settled;
};
