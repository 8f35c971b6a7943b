// SPDX-License-Identifier: MIT
/** A device that waits for knocks in one of the ways PeerNet has, and answers them with a real connection. */
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { serve } from "@signalbox/client/peernet";
import { pollMs } from "../plan.ts";
import { Stopwatch, wrtcUnder } from "./stopwatch.ts";

export const waitingWays = ["poll", "long poll", "exchange", "stream"] as const;
export type WaitingWay = (typeof waitingWays)[number];

export interface Device {
  /** What it did since the clock was set back. */
  readonly watch: Stopwatch;
  /** Resolves when it waits for the next knock. */
  waits(): Promise<void>;
  /** Makes a request, so that a connection is open for the answer; those that wait by a request have one. */
  warm(): Promise<void>;
  /** Ends the connections it has. */
  hangUp(): void;
  close(): Promise<void>;
}

interface KnockJson {
  readonly name: string;
  readonly offer: RTCSessionDescriptionInit;
}

interface Ask {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly watch: Stopwatch;
}

export const startDevice = async (way: WaitingWay, url: string, id: string): Promise<Device> => {
  const ask = { url, id, token: `device-${id}-of-at-least-128-bits`, watch: new Stopwatch() };
  return way === "exchange" ? byExchange(ask) : byRequests(way, ask);
};

/** As the SDK does it. */
const byExchange = async ({ url, id, token, watch }: Ask): Promise<Device> => {
  let hangUps: (() => void)[] = [];
  const serving = await serve({
    url,
    id,
    token,
    fetch: watch.fetch,
    RTCPeerConnection: wrtcUnder(watch),
    services: [
      {
        protocol: "bench",
        accept(guest) {
          hangUps.push(() => guest.close());
          return undefined;
        },
      },
    ],
  });
  return {
    watch,
    waits: () => watch.until(() => watch.waiting > 0),
    warm: async () => {},
    hangUp() {
      for (const end of hangUps) end();
      hangUps = [];
    },
    close: () => serving.close(),
  };
};

const byRequests = async (way: "poll" | "long poll" | "stream", given: Ask): Promise<Device> => {
  const { url, id, token, watch } = given;
  const end = new AbortController();
  const { signal } = end;
  const Connection = wrtcUnder(watch);
  let connections: RTCPeerConnection[] = [];
  const request = async (path: string, body?: object): Promise<Response> => {
    const response = await watch.fetch(`${url}/v1/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}` },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const answer = async ({ name, offer }: KnockJson) => {
    const pc = new Connection({ iceServers: [] });
    connections.push(pc);
    await pc.setRemoteDescription(offer);
    await pc.setLocalDescription(await pc.createAnswer());
    while (pc.iceGatheringState !== "complete")
      await once(pc as unknown as EventTarget, "icegatheringstatechange");
    await (await request(`${name}:answer`, { answer: pc.localDescription, candidatesComplete: true })).text();
  };
  await (await request("servers", { uniqueId: id, services: [{ protocol: "bench" }] })).text();

  const polled = async (wait: string, cursor: string): Promise<string> => {
    const query = new URLSearchParams({ wait, ...(cursor === "" ? {} : { cursor }) });
    const told = (await (await request(`servers/${id}/knocks?${query}`)).json()) as {
      readonly knocks?: readonly KnockJson[];
      readonly cursor?: string;
    };
    for (const knock of told.knocks ?? []) await answer(knock);
    return told.cursor ?? cursor;
  };
  const watched = async () => {
    const { body } = await request(`servers/${id}/knocks:watch`);
    if (body === null) throw new Error("a stream without a body");
    const decoder = new TextDecoder();
    let text = "";
    for await (const part of body) {
      const events = (text + decoder.decode(part, { stream: true })).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const { knock } = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "{}") as {
          readonly knock?: KnockJson;
        };
        if (knock !== undefined) await answer(knock);
      }
    }
  };
  const run = async () => {
    for (let cursor = ""; !signal.aborted; ) {
      if (way === "stream") await watched();
      else cursor = await polled(way === "poll" ? "0s" : "50s", cursor);
      if (way === "poll") await after(pollMs, undefined, { signal });
    }
  };
  const ended = run().catch((error: unknown) => {
    if (!signal.aborted) watch.fail(error);
  });
  return {
    watch,
    waits: () => (way === "poll" ? Promise.resolve() : watch.until(() => watch.waiting > 0)),
    async warm() {
      if (way === "stream") await (await request(`servers/${id}`)).text();
    },
    hangUp() {
      for (const pc of connections) pc.close();
      connections = [];
    },
    async close() {
      end.abort();
      await ended;
    },
  };
};
