// SPDX-License-Identifier: MIT
/** Who knocked at a device: each knock becomes an answer and a connection, in bounds. */
import type { PeerConnectionConstructor } from "../connect.ts";
import { textOf as sentenceOf } from "../failure.ts";
import type { Ground } from "./request.ts";
import { candidateSender, ownDescription, takeCandidates } from "./trickle.ts";
import type { Attributes, Description, Knock } from "./wire.ts";

/** One client of a service, from its knock to the end of its connection. */
export interface Guest {
  /** Its offer is applied, the answer is not made yet: add tracks, and listeners such as `datachannel`. */
  readonly pc: RTCPeerConnection;
  /** Id of the service it knocked at. */
  readonly service: string;
  /** Name of its knock. */
  readonly knock: string;
  /** What it said with its knock: nobody has checked it. */
  readonly attributes: Attributes;
  /** Aborted when the connection is over, or never came about. */
  readonly signal: AbortSignal;
  close(): void;
}

/** A no, with a reason for people. At most 256 characters. */
export interface Reject {
  readonly reject: string;
}

export interface ServiceOffer {
  /** `camera`, `sensor`, `file`, or a reverse host name. */
  readonly protocol: string;
  /** MAJOR[.MINOR[.PATCH]]. Default: `1`. */
  readonly version?: string;
  /** Default: the protocol. */
  readonly id?: string;
  readonly displayName?: string;
  /** Everybody can read them. At most 4 KB as JSON. */
  readonly attributes?: Attributes;
  /** Takes a guest in, or rejects it. Called before the answer is made. */
  readonly accept: (guest: Guest) => Promise<Reject | undefined> | Reject | undefined;
}

/** As AnswerKnock has it. */
export interface AnswerBody {
  readonly name: string;
  readonly answer?: Description;
  readonly candidatesComplete?: boolean;
  readonly rejectReason?: string;
}

export interface GuestsParts {
  readonly ground: Ground;
  readonly services: readonly ServiceOffer[];
  readonly RTCPeerConnection: PeerConnectionConstructor;
  /** Read for each guest: what the server hands out changes. */
  readonly configuration: () => RTCConfiguration;
  readonly most: number;
  readonly onError: (error: unknown) => void;
}

export interface Guests {
  readonly count: number;
  /** The answer to a knock. Never rejects. */
  answer(knock: Knock): Promise<AnswerBody>;
  /** The server did not take the answer: nobody will come. */
  forget(knock: string): void;
  close(): void;
}

/** From the answer to the connection. Milliseconds. Browsers give a path up after 15 to 30 s. */
const connectMs = 30_000;

/** The server takes no longer reason. Characters. */
const reasonMax = 256;

type Connection = new (configuration?: RTCConfiguration) => RTCPeerConnection;

export const createGuests = (parts: GuestsParts): Guests => {
  const { ground, services, most, onError } = parts;
  const inside = new Map<string, { readonly pc: RTCPeerConnection; readonly close: () => void }>();
  const offered = new Map(services.map((service) => [service.id ?? service.protocol, service]));
  const reject = (name: string, reason: string): AnswerBody => ({
    name,
    rejectReason: reason.slice(0, reasonMax) || "refused",
  });

  const takeIn = async (knock: Knock, service: ServiceOffer): Promise<AnswerBody> => {
    const { name } = knock;
    const Constructor = parts.RTCPeerConnection as Connection;
    const pc = new Constructor(parts.configuration());
    const end = new AbortController();
    const { signal } = end;
    const close = () => {
      if (signal.aborted) return;
      late();
      inside.delete(name);
      pc.removeEventListener("connectionstatechange", look);
      pc.close();
      end.abort();
    };
    const look = () => {
      const state = pc.connectionState;
      if (state === "connected") late();
      if (state === "failed" || state === "closed") close();
    };
    const late = ground.clock.after(connectMs, close);
    pc.addEventListener("connectionstatechange", look);
    inside.set(name, { pc, close });
    try {
      const { description } = knock.offer;
      if (description === undefined) throw new Error("There is no offer.");
      await pc.setRemoteDescription(description);
      const guest: Guest = {
        pc,
        service: knock.service,
        knock: name,
        attributes: knock.attributes,
        signal,
        close,
      };
      const no = await service.accept(guest);
      if (no !== undefined) {
        close();
        return reject(name, no.reject);
      }
      await pc.setLocalDescription(await pc.createAnswer());
      const own = await ownDescription(pc, ground.clock, signal);
      own.follow(candidateSender(ground, name, signal));
      takeCandidates(pc, knock, "offer", { ask: ground.ask, signal }).catch(() => {
        // The knock is gone or the server: what is at hand may be enough.
      });
      return { name, answer: own.description, candidatesComplete: own.complete };
    } catch (error) {
      close();
      onError(error);
      return reject(name, `The offer cannot be answered: ${sentenceOf(error)}`);
    }
  };

  return {
    get count() {
      return inside.size;
    },
    async answer(knock) {
      const service = offered.get(knock.service);
      if (service === undefined) return reject(knock.name, "There is no such service here.");
      if (inside.size >= most) return reject(knock.name, `Busy: ${most} are connected already.`);
      return takeIn(knock, service);
    },
    forget(name) {
      const guest = inside.get(name);
      // An answer that was sent twice because its receipt was lost: its guest is here.
      if (guest?.pc.connectionState !== "connected") guest?.close();
    },
    close() {
      for (const { close } of [...inside.values()]) close();
    },
  };
};
