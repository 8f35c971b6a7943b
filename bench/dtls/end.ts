// SPDX-License-Identifier: MIT
/** One end of a connection. The same code runs in Node and, handed over as text, in a page: it uses nothing around it. */

export type Setup = "active" | "passive";

export interface End {
  /** Complete, with every candidate inside, as a knock carries it. */
  offer(): Promise<string>;
  /** With this in the answer: `active` begins DTLS itself, `passive` leaves that to the offerer. */
  answer(offer: string, setup: Setup): Promise<string>;
  /** Milliseconds from the answer until the channel is open. */
  finish(answer: string, withinMs: number): Promise<number | undefined>;
  close(): Promise<void>;
}

export type EndConstructor = new (configuration?: RTCConfiguration) => RTCPeerConnection;

export const createEnd = (Connection: EndConstructor, configuration: RTCConfiguration): End => {
  const pc = new Connection(configuration);
  let openedAt: Promise<number> = new Promise(() => {});
  const described = async (description: RTCSessionDescriptionInit): Promise<string> => {
    await pc.setLocalDescription(description);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (pc.iceGatheringState === "complete") resolve();
      };
      pc.addEventListener("icegatheringstatechange", look);
      look();
    });
    return pc.localDescription?.sdp ?? "";
  };
  return {
    async offer() {
      const channel = pc.createDataChannel("data");
      openedAt = new Promise((resolve) => {
        channel.addEventListener("open", () => resolve(performance.now()));
      });
      return described(await pc.createOffer());
    },
    async answer(offer, setup) {
      // Over the wire goes `actpass`, as it must. A stack that hears `active` answers `passive` by itself.
      const heard = setup === "passive" ? offer.replace(/^a=setup:actpass/gm, "a=setup:active") : offer;
      await pc.setRemoteDescription({ type: "offer", sdp: heard });
      const { sdp = "" } = await pc.createAnswer();
      // But for werift 0.25.2: it says `active` to everybody, and does what its answer says.
      return described({ type: "answer", sdp: sdp.replace(/^a=setup:\w+/gm, `a=setup:${setup}`) });
    },
    async finish(answer, withinMs) {
      const at = performance.now();
      await pc.setRemoteDescription({ type: "answer", sdp: answer });
      const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), withinMs));
      const opened = await Promise.race([openedAt, late]);
      return opened === undefined ? undefined : opened - at;
    },
    async close() {
      pc.close();
    },
  };
};
