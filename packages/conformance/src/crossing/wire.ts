// SPDX-License-Identifier: MIT
/** A client's end of a WebSocket, as the models of the original clients use it. */
import { type ClientOptions, WebSocket } from "ws";

export interface Wire {
  /** Text frames, oldest first; ends when the socket is closed. */
  readonly texts: AsyncIterable<string>;
  send(text: string): void;
  close(): void;
}

/** Opens a socket. Rejects where there is no upgrade. */
export const dial = (
  url: string,
  { subprotocol, ...options }: ClientOptions & { readonly subprotocol?: string } = {},
): Promise<Wire> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false, ...options });
    const inbox = queue();
    socket.on("message", (payload, isBinary) => {
      if (!isBinary) inbox.put(payload.toString());
    });
    socket.on("close", inbox.end);
    socket.on("error", reject);
    socket.on("open", () =>
      resolve({ texts: inbox.texts, send: (text) => socket.send(text), close: () => socket.close(1000) }),
    );
  });

export interface Queue {
  readonly texts: AsyncIterable<string>;
  put(text: string): void;
  end(): void;
}

/** Keeps what is put in until it is read. */
export const queue = (): Queue => {
  const waiting: string[] = [];
  let ended = false;
  let wake = (): void => {};
  const read = async function* (): AsyncGenerator<string> {
    for (;;) {
      const text = waiting.shift();
      if (text !== undefined) yield text;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };
  return {
    texts: read(),
    put(text) {
      waiting.push(text);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
  };
};
