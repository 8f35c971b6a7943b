// SPDX-License-Identifier: MIT
/** What may happen to signals on their way. */

import type { PeerFrame, SignalBody } from "../wire.ts";
import type { Wire } from "./memory-server.ts";

/** Changes the signals a peer sends, or drops them. */
export const signals = (change: (body: SignalBody) => SignalBody | undefined): Wire => ({
  toServer(frame: PeerFrame) {
    if (frame.type !== "signal") return frame;
    const signal = change(frame.signal);
    // A dropped frame is still answered: as one that the server does not know to pass on.
    return signal === undefined ? { type: "ice", seq: frame.seq } : { ...frame, signal };
  },
});

export const withSdp = (change: (sdp: string) => string): Wire =>
  signals((body) =>
    body.kind === "offer" || body.kind === "answer" ? { ...body, sdp: change(body.sdp) } : body,
  );

export const candidatesChanged = (change: (candidate: string) => string | undefined): Wire =>
  signals((body) => {
    if (body.kind === "offer" || body.kind === "answer") {
      const lines = body.sdp.split("\r\n").flatMap((line) => {
        if (!line.startsWith("a=candidate:")) return line;
        const changed = change(line.slice(2));
        return changed === undefined ? [] : `a=${changed}`;
      });
      return { ...body, sdp: lines.join("\r\n") };
    }
    if (body.kind !== "candidate") return body;
    const candidate = change(body.candidate.candidate);
    return candidate === undefined ? undefined : { ...body, candidate: { ...body.candidate, candidate } };
  });
