// SPDX-License-Identifier: MIT
/** What one side of a call does and when, seen at the two things it is handed: `fetch` and its WebRTC stack. */
import wrtc from "@roamhq/wrtc";
import type { PeerConnectionConstructor } from "@signalbox/client/peernet";

export class Stopwatch {
  /** Requests that were begun since. */
  requests = 0;
  /** Requests under way that the server holds back until there is a knock. */
  waiting = 0;
  /** When the request with the description was begun, and when the other side's came. Milliseconds. */
  toldAt = Number.NaN;
  heardAt = Number.NaN;
  private looks: (() => void)[] = [];
  private problem: { readonly error: unknown } | undefined;

  reset(): void {
    this.requests = 0;
    this.toldAt = this.heardAt = Number.NaN;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = new URL(String(input)).pathname;
    const body = typeof init?.body === "string" ? init.body : "";
    this.requests += 1;
    // Offers and answers are all that has an SDP in it.
    if (body.includes('"sdp"')) this.toldAt = performance.now();
    const waits = /\/knocks(:watch|:exchange|)$/.test(path) && !/"offer"/.test(body);
    if (waits) this.waiting += 1;
    this.look();
    try {
      return await fetch(input, init);
    } finally {
      // A stream waits on: it was opened once and for all.
      if (waits && !path.endsWith(":watch")) this.waiting -= 1;
    }
  };

  heard(): void {
    this.heardAt = performance.now();
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.problem !== undefined) reject(this.problem.error);
        else if (holds()) resolve();
        else this.looks.push(look);
      };
      look();
    });
  }

  fail(error: unknown): void {
    this.problem = { error };
    this.look();
  }

  private look(): void {
    const looks = this.looks;
    this.looks = [];
    for (const look of looks) look();
  }
}

/** A stack that tells the watch when the other side's description is at hand. */
export const wrtcUnder = (watch: Stopwatch): PeerConnectionConstructor & typeof RTCPeerConnection =>
  class extends wrtc.RTCPeerConnection {
    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      watch.heard();
      return super.setRemoteDescription(description);
    }
  } as typeof RTCPeerConnection;
