// SPDX-License-Identifier: MIT
/** What peers and devices do to a cluster, one kind at a time and so many of it, so that its cost can be told. */
import { quiet } from "./cpu.ts";
import { type Couple, couple, enter, leave, strangers } from "./entrance.ts";
import { description, Ring } from "./frames.ts";
import { type KnockCaller, knockWires } from "./knock-wires.ts";
import type { RawPeer } from "./raw-peer.ts";
import { acknowledger } from "./relay.ts";
import { type Traveller, traveller } from "./travellers.ts";
import { messageOf, type WireName, wires } from "./wires.ts";

/**
 * `come`, `go`: one after the other into rooms of two, where there are rooms. `visit`: into a room where others are, and out
 * again. `resume`: on another line. `poll`: a device waits for knocks, and none comes. `knock`: one that is answered.
 */
export type OperationKind =
  | "come"
  | "go"
  | "visit"
  | "signal"
  | "resume"
  | "register"
  | "renew"
  | "poll"
  | "knock";

export interface OperationJob {
  readonly kind: OperationKind;
  readonly wire: WireName;
  /**
   * Nodes. Pairs take them in turn; of a pair that is apart one is at the first, the other at the last. Who resumes or
   * knocks does that at the last: sessions and devices are at the first.
   */
  readonly ports: readonly number[];
  readonly apart?: boolean;
  readonly count: number;
  readonly underWay: number;
  readonly bytes: number;
  /** Members of the room that is visited. */
  readonly members?: number;
  /** Processes that have to be quiet before it begins. */
  readonly pids: readonly number[];
}

export interface Operation {
  /** Does it, as often as the job says. */
  run(): Promise<void>;
  /** Undoes what is left of it. */
  finish(): void;
}

export const prepareOperation = (job: OperationJob): Promise<Operation> => {
  switch (job.kind) {
    case "come":
      return coming(job);
    case "go":
      return going(job);
    case "visit":
      return visiting(job);
    case "signal":
      return signalling(job);
    case "resume":
      return resuming(job);
    case "register":
    case "renew":
    case "poll":
      return registering(job);
    case "knock":
      return knocking(job);
  }
};

const inLanes = async (
  count: number,
  underWay: number,
  run: (index: number) => Promise<void>,
): Promise<void> => {
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      const index = begun;
      begun += 1;
      await run(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(underWay, count) }, lane));
};

const first = ({ ports }: OperationJob): number => ports[0] ?? 0;
const last = ({ ports }: OperationJob): number => ports.at(-1) ?? 0;
const inTurn = ({ ports }: OperationJob, index: number): number => ports[index % ports.length] ?? 0;

const pairIn = (job: OperationJob, index: number): Promise<Couple> =>
  job.apart === true ? couple(first(job), job.wire, last(job)) : couple(inTurn(job, index), job.wire);

/** Each run is a pair: two come in. */
const coming = async (job: OperationJob): Promise<Operation> => {
  const couples: Couple[] = [];
  return {
    async run() {
      await inLanes(job.count / 2, job.underWay, async (index) => {
        couples.push(await pairIn(job, index));
      });
    },
    finish: () => part(couples, job.wire),
  };
};

const part = (couples: readonly Couple[], wire: WireName): void => {
  for (const { sender, receiver } of couples) {
    leave(sender, wires[wire]);
    leave(receiver, wires[wire]);
  }
};

const going = async (job: OperationJob): Promise<Operation> => {
  const { run: comeIn, finish } = await coming(job);
  await comeIn();
  return { run: async () => finish(), finish() {} };
};

const visiting = async (job: OperationJob): Promise<Operation> => {
  const wire = wires[job.wire];
  const { room } = strangers();
  const members: RawPeer[] = [];
  for (let index = 0; index < (job.members ?? 0); index += 1) {
    const member = await enter(inTurn(job, index), wire, { ...strangers(), room });
    const acknowledge = acknowledger(wire, member);
    if (acknowledge !== undefined) member.onFrames = acknowledge;
    members.push(member);
  }
  return {
    async run() {
      await inLanes(job.count, job.underWay, async () => {
        leave(await enter(first(job), wire, { ...strangers(), room }), wire);
      });
    },
    finish() {
      for (const member of members) leave(member, wire);
    },
  };
};

const signalling = async (job: OperationJob): Promise<Operation> => {
  const wire = wires[job.wire];
  const couples: Couple[] = [];
  for (let index = 0; index < job.underWay; index += 1) couples.push(await pairIn(job, index));
  await Promise.all(job.pids.map(quiet));
  const each = Math.ceil(job.count / couples.length);
  return {
    run: async () => {
      await Promise.all(
        couples.map(({ names, sender, receiver }) => {
          const ring = new Ring(messageOf(wire, names, job.bytes), 1, 2);
          const [takenByReceiver, takenBySender] = [acknowledger(wire, receiver), acknowledger(wire, sender)];
          if (takenBySender !== undefined) sender.onFrames = takenBySender;
          let arrived = 0;
          return new Promise<void>((resolve) => {
            receiver.onFrames = (count) => {
              takenByReceiver?.(count);
              arrived += count;
              if (arrived < each) sender.send(ring.take(1));
              else resolve();
            };
            sender.send(ring.take(1));
          });
        }),
      );
    },
    finish: () => part(couples, job.wire),
  };
};

const resuming = async (job: OperationJob): Promise<Operation> => {
  const travellers: Traveller[] = [];
  await inLanes(job.count, job.underWay, async () => {
    const { room, self } = strangers();
    travellers.push(await traveller(first(job), room, self));
  });
  return {
    async run() {
      await inLanes(travellers.length, job.underWay, async (index) => {
        if (await travellers[index]?.resume(last(job))) throw new Error("a gap");
      });
    },
    finish() {
      for (const one of travellers) one.end();
    },
  };
};

const tokens = { client: "client-token-of-at-least-128-bits", device: "device-token-of-at-least-128-bits" };

const post = async (port: number, path: string, body: object): Promise<void> => {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.device}` },
    body: JSON.stringify(body),
  });
  if (!ok) throw new Error(`${path}: ${status}`);
};

/** Long enough to be a wait, which subscribes. */
const pollWait = "0.02s";

const get = async (port: number, path: string): Promise<void> => {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
    headers: { authorization: `Bearer ${tokens.device}` },
  });
  if (!ok) throw new Error(`${path}: ${status}`);
};

let devices = 0;

const register = (port: number, uniqueId: string): Promise<void> =>
  post(port, "servers", { uniqueId, services: [{ protocol: "camera" }], ttl: "3600s" });

const freshDevice = (): string => {
  devices += 1;
  return `device-${process.pid}-${devices}`;
};

const registering = async (job: OperationJob): Promise<Operation> => {
  const ids = Array.from({ length: job.count }, freshDevice);
  const come = (id: string, index: number) => register(inTurn(job, index), id);
  const all = (run: (id: string, index: number) => Promise<void>) =>
    inLanes(ids.length, job.underWay, (index) => run(ids[index] ?? "", index));
  if (job.kind === "register") return { run: () => all(come), finish() {} };
  await all(come);
  if (job.kind === "renew")
    return { run: () => all((id) => post(last(job), `servers/${id}:renew`, {})), finish() {} };
  return { run: () => all((id) => get(last(job), `servers/${id}/knocks?wait=${pollWait}`)), finish() {} };
};

/** The device answers at its own node. */
const knocking = async (job: OperationJob): Promise<Operation> => {
  const id = freshDevice();
  await register(first(job), id);
  const sdp = description(job.bytes);
  const callers: KnockCaller[] = [];
  const callerAt = async (port: number): Promise<KnockCaller> => {
    const caller = await knockWires.rest({
      port,
      tokens,
      service: `servers/${id}/services/camera`,
      offer: { type: "offer", sdp },
      answer: { type: "answer", sdp },
    });
    callers.push(caller);
    return caller;
  };
  const [device, client] = [await callerAt(first(job)), await callerAt(last(job))];
  return {
    async run() {
      await inLanes(job.count, job.underWay, async () => device.answer(await client.knock()));
    },
    finish() {
      for (const caller of callers) caller.close();
    },
  };
};

/** Sessions in rooms of two at one node, to be moved or lost; what ends them. */
export const hold = async (port: number, count: number, underWay: number): Promise<readonly Traveller[]> => {
  const travellers: Traveller[] = [];
  await inLanes(count / 2, underWay, async () => {
    const { room, self, other } = strangers();
    travellers.push(await traveller(port, room, self), await traveller(port, room, other));
  });
  return travellers;
};

/** All come back at another node as soon as they lose their line. Answers with how many were told of a gap. */
export const follow = async (
  travellers: readonly Traveller[],
  port: number,
  underWay: number,
): Promise<number> => {
  let gaps = 0;
  await inLanes(travellers.length, underWay, async (index) => {
    const one = travellers[index];
    if (one === undefined) return;
    await one.lost;
    if (await one.resume(port)) gaps += 1;
  });
  return gaps;
};
