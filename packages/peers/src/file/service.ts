// SPDX-License-Identifier: MIT
/** Shared files as a service of a device. */
import type { DeviceConnection, Guest, ServiceOffer } from "@signalbox/client/peernet";
import type { Timer } from "./channel.ts";
import { type FileClient, openFiles } from "./client.ts";
import { createDigests } from "./digesting.ts";
import { type Sharing, shareOn } from "./sharing.ts";
import type { FileSource, NewHash } from "./source.ts";
import { fileProtocol, messageBytesMax } from "./wire.ts";

export interface FileServiceOptions {
  readonly source: FileSource;
  /** What people read. */
  readonly label: string;
  readonly newHash: NewHash;
  readonly timer: Timer;
  /** Told of each guest, for whoever wants to show how many there are. */
  readonly onGuest?: (guest: Guest) => void;
}

/** A guest that opens no channel takes another one's place for so long. Milliseconds. */
const channelMs = 30_000;

/** Channels of one guest. A second one is for programs that keep lists and downloads apart. */
const channelsMax = 4;

export const fileService = ({ onGuest, ...options }: FileServiceOptions): ServiceOffer => {
  const sharing: Sharing = { ...options, digests: createDigests(options.newHash) };
  return {
    protocol: "file",
    version: "1.0",
    displayName: options.label,
    accept(guest) {
      const { pc } = guest;
      let channels = 0;
      const idle = options.timer.after(channelMs, guest.close);
      guest.signal.addEventListener("abort", idle);
      pc.addEventListener("datachannel", ({ channel }) => {
        if (channel.protocol !== fileProtocol || channels >= channelsMax) return channel.close();
        channels += 1;
        idle();
        channel.addEventListener("close", () => {
          channels -= 1;
          // Whoever hangs up closes its channels at once; that its path is gone shows only after half a minute.
          if (channels === 0) guest.close();
        });
        shareOn(channel, sharing, () => pc.sctp?.maxMessageSize ?? messageBytesMax);
      });
      onGuest?.(guest);
      return undefined;
    },
  };
};

/** The channel to open to one. */
export const fileChannel = { label: "file", protocol: fileProtocol } as const;

/** The client's end of a connection that was made with `fileChannel` as its only channel. Closing the one closes the other. */
export const filesOver = (connection: DeviceConnection, timer: Timer): FileClient => {
  const { pc, channels } = connection;
  const [channel] = channels;
  if (channel === undefined) throw new TypeError("A connection for files has a channel.");
  const files = openFiles(channel, timer);
  // A path that is lost for good closes no channel by itself.
  pc.addEventListener("connectionstatechange", () => {
    const state = pc.connectionState;
    if (state === "failed" || state === "closed") files.close();
  });
  void files.closed.then(() => connection.close());
  return files;
};
