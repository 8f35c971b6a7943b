// SPDX-License-Identifier: MIT
/** A peer that writes `signalbox.v1` frames by hand: for what the library would not do, or would do too soon. */
import { type PeerFrame, type ServerFrame, subprotocol } from "@signalbox/dialects/native";
import { type Box, hall } from "./box.ts";
import { dial } from "./wire.ts";

type Join = Extract<PeerFrame, { readonly type: "join" }>;
type SignalBody = Extract<PeerFrame, { readonly type: "signal" }>["signal"];
type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: Type }>;

export interface RawNative {
  /** All it was told, oldest first. */
  readonly frames: readonly ServerFrame[];
  signal(to: string, signal: SignalBody): void;
  /** The first frame of that type, told before or from now on, that fits. */
  told<Type extends ServerFrame["type"]>(
    type: Type,
    fits?: (frame: FrameOf<Type>) => boolean,
  ): Promise<FrameOf<Type>>;
}

export const rawNative = async (box: Box, id: string, media?: Join["media"]): Promise<RawNative> => {
  const wire = await dial(box.url, { subprotocol });
  box.after(wire.close);
  const frames: ServerFrame[] = [];
  const watchers = new Set<() => void>();
  let seq = 0;
  const say = (frame: PeerFrame) => wire.send(JSON.stringify(frame));
  const next = () => {
    seq += 1;
    return seq;
  };
  const listen = async () => {
    for await (const text of wire.texts) {
      frames.push(JSON.parse(text));
      for (const watch of [...watchers]) watch();
    }
  };
  listen();
  const peer: RawNative = {
    frames,
    signal: (to, signal) => say({ type: "signal", seq: next(), to, signal }),
    told: (type, fits = () => true) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = frames.find(
            (frame): frame is FrameOf<typeof type> =>
              frame.type === type && fits(frame as FrameOf<typeof type>),
          );
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
  say({ type: "join", seq: next(), room: hall, id, ...(media === undefined ? {} : { media }) });
  await peer.told("joined");
  return peer;
};
