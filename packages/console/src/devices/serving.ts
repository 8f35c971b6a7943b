// SPDX-License-Identifier: MIT
/** Being a device for as long as the page wants to. */
import { type ServiceOffer, type Serving, serve } from "@signalbox/client/peernet";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Access } from "./access.ts";

export type Being =
  | { readonly is: "not" }
  | { readonly is: "starting" }
  | { readonly is: "listed"; readonly id: string; readonly offline: boolean }
  | { readonly is: "over"; readonly error: Error };

export interface Place {
  readonly name: string;
  /** Empty: in none. */
  readonly room: string;
}

export interface Device {
  readonly being: Being;
  /** Begins to serve; ends what was served before. */
  start(place: Place, services: readonly ServiceOffer[]): Promise<void>;
  stop(): void;
}

export const useDevice = (access: Access): Device => {
  const [being, show] = useState<Being>({ is: "not" });
  const end = useRef<AbortController | undefined>(undefined);
  const stop = (): void => {
    end.current?.abort();
    end.current = undefined;
  };
  useEffect(() => stop, []);
  return {
    being,
    async start({ name, room }, services) {
      stop();
      const mine = new AbortController();
      end.current = mine;
      const tell = (next: Being): void => {
        if (!mine.signal.aborted) show(next);
      };
      tell({ is: "starting" });
      let serving: Serving | undefined;
      const idOf = (): string => serving?.name.split("/")[1] ?? "";
      try {
        serving = await serve({
          ...access,
          services,
          ...(name === "" ? {} : { displayName: name }),
          ...(room === "" ? {} : { room }),
          signal: mine.signal,
          onState: (state) => {
            if (serving !== undefined) tell({ is: "listed", id: idOf(), offline: state === "offline" });
          },
        });
        tell({ is: "listed", id: idOf(), offline: false });
        const problem = await serving.ended;
        if (problem !== undefined) tell({ is: "over", error: problem });
      } catch (error) {
        tell({ is: "over", error: error instanceof Error ? error : new Error(String(error)) });
      }
    },
    stop() {
      stop();
      show({ is: "not" });
    },
  };
};
