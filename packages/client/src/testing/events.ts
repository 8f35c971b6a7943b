// SPDX-License-Identifier: MIT
import type { Call, CallEvents } from "../call.ts";
import type { Emits } from "../emitter.ts";
import type { Room, RoomEvents } from "../room.ts";

type EventsOf<Of extends Room | Call> = Of extends Room ? RoomEvents : CallEvents;
type Told<
  Of extends Room | Call,
  Name extends keyof EventsOf<Of>,
> = EventsOf<Of>[Name] extends readonly unknown[] ? EventsOf<Of>[Name] : never;

/** The next such event, or the next that fits. */
export const next = <Of extends Room | Call, Name extends keyof EventsOf<Of> & string>(
  of: Of,
  name: Name,
  fits: (...args: Told<Of, Name>) => boolean = () => true,
): Promise<Told<Of, Name>> =>
  new Promise((resolve) => {
    // Which of the two it is, the caller knows.
    const emits = of as unknown as Emits<{ readonly [name: string]: Told<Of, Name> }>;
    const off = emits.on(name, (...args: Told<Of, Name>) => {
      if (!fits(...args)) return;
      queueMicrotask(() => off());
      resolve(args);
    });
  });

/** The next message of a data channel, as text. */
export const nextMessage = (channel: RTCDataChannel): Promise<string> =>
  new Promise((resolve) => {
    channel.onmessage = ({ data }: { readonly data: unknown }) => resolve(String(data));
  });
