// SPDX-License-Identifier: MIT
/** A connection to a device for as long as it is looked at, and how it stands. */
import { connect, type DeviceConnection, type KnockOptions } from "@signalbox/client/peernet";
import { useEffect, useState } from "preact/hooks";
import type { Access } from "./access.ts";

export type Meeting<T> =
  | { readonly is: "connecting" }
  | { readonly is: "open"; readonly value: T }
  | { readonly is: "over"; readonly error: Error };

export interface Met<T> {
  readonly meeting: Meeting<T>;
  /** Knocks once more. */
  readonly again: () => void;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

export interface Acquaintance<T> extends Pick<KnockOptions, "channels" | "prepare"> {
  /** Makes of the open connection what the view works with. */
  readonly begin: (connection: DeviceConnection) => Promise<T>;
  /** Settles when that is over by itself. */
  readonly closed: (value: T) => Promise<Error>;
}

/** Knocks at a service. Everything is closed when the view is taken down. */
export const useMeeting = <T>(access: Access, service: string, make: () => Acquaintance<T>): Met<T> => {
  const [meeting, show] = useState<Meeting<T>>({ is: "connecting" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const end = new AbortController();
    let connection: DeviceConnection | undefined;
    const tell = (next: Meeting<T>): void => {
      if (!end.signal.aborted) show(next);
    };
    const meet = async (): Promise<void> => {
      tell({ is: "connecting" });
      try {
        const { begin, closed, ...knock } = make();
        connection = await connect({ ...access, ...knock, to: service, signal: end.signal });
        const { pc } = connection;
        const value = await begin(connection);
        if (end.signal.aborted) return connection.close();
        tell({ is: "open", value });
        pc.addEventListener("connectionstatechange", () => {
          if (pc.connectionState === "failed")
            tell({ is: "over", error: new Error("The connection broke.") });
        });
        tell({ is: "over", error: await closed(value) });
      } catch (error) {
        connection?.close();
        tell({ is: "over", error: asError(error) });
      }
    };
    void meet();
    return () => {
      end.abort();
      connection?.close();
    };
  }, [service, access.secret, attempt]);
  return { meeting, again: () => setAttempt((one) => one + 1) };
};
