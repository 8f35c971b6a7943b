// SPDX-License-Identifier: MIT
/** Devices that wait for knocks and clients that knock, each request at another of three nodes, while one fault after the other happens. */
import assert from "node:assert/strict";
import { setTimeout as passing } from "node:timers/promises";
import { type Fault, happen, twoOf } from "./faults.ts";
import { type Knocking, knockViolations } from "./knock-history.ts";
import { eventually, type Stage, stageFor } from "./stage.ts";

export interface DoorsRun {
  readonly knocks: number;
  readonly answered: number;
  readonly expired: number;
  /** Whose fate nobody knows any more, because Redis forgot everything. */
  readonly forgotten: number;
}

type Fields = { readonly [field: string]: unknown };
interface Said {
  readonly status: number;
  readonly json: Fields;
}

const devices = ["cam-1", "cam-2", "cam-3"] as const;
const knockers = 6;
const deviceToken = "device-token-of-at-least-128-bits";
const clientToken = "client-token-of-at-least-128-bits";
/** Longest wait in a request, and how long one may take: a node may stand still. Milliseconds. */
const [waitMs, patienceMs] = [2_000, 4_000];
/** Pause before something is asked again. Milliseconds. */
const againMs = 50;
/** States of a knock that is not over. */
const waits = new Set<unknown>(["STATE_PENDING", "STATE_DELIVERED"]);
/** Longer than all that one fault takes. */
const ttl = "60s";

/** A description that carries a number in its session name (RFC 8866 §5.3). */
const description = (type: "offer" | "answer", number: number) => ({
  type,
  sdp: `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${number}\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:aVeryLongIcePasswordOf24+\r\na=mid:0\r\na=sctp-port:5000\r\n`,
});
const numberIn = (described: unknown): number =>
  Number(/\ns=(\d+)/.exec(String((described as Fields | undefined)?.sdp))?.[1]);

const secondsOf = (ms: number): string => `${ms / 1_000}s`;

const doorsOn = (stage: Stage) => {
  const { nodes, draw } = stage;
  const history: Knocking[] = [];
  /** Knocks that were answered, as the server told their device. */
  const taken = new Set<string>();
  /** Answers that nothing here asks for. */
  const surprises = new Set<string>();
  let over = false;

  /** Undefined: no word came back, or that the cluster cannot be asked. */
  const ask = async (method: string, path: string, token: string, body?: Fields, key?: string) => {
    const url = nodes[Math.floor(draw() * nodes.length)]?.url;
    if (url === undefined) return undefined;
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await response.text();
      const said: Said = { status: response.status, json: text === "" ? {} : JSON.parse(text) };
      return said.status >= 500 ? undefined : said;
    } catch {
      return undefined;
    }
  };
  /** Asks again until there is an answer of one of these kinds. */
  const insist = async (
    wanted: readonly number[],
    ...asked: Parameters<typeof ask>
  ): Promise<Said | undefined> => {
    while (!over) {
      const said = await ask(...asked);
      if (said !== undefined && wanted.includes(said.status)) return said;
      // What is not there will be: a device registers again. What was changed by too many at once is tried again.
      if (said !== undefined && said.status !== 404 && said.json.reason !== "CONTENDED")
        surprises.add(`${asked[0]} ${asked[1]}: ${said.status} ${String(said.json.detail)}`);
      await passing(againMs);
    }
    return undefined;
  };

  const device = async (id: string): Promise<void> => {
    const self = { uniqueId: id, services: [{ protocol: "camera", version: "1.0" }] };
    while (!over) {
      await insist([200, 201], "POST", "servers", deviceToken, self);
      for (let cursor = ""; !over; ) {
        const query = `wait=${secondsOf(waitMs)}${cursor === "" ? "" : `&cursor=${cursor}`}`;
        const polled = await insist([200, 404], "GET", `servers/${id}/knocks?${query}`, deviceToken);
        if (polled?.status !== 200) break;
        for (const knock of (polled.json.knocks ?? []) as readonly Fields[]) await answer(knock);
        cursor = String(polled.json.cursor ?? "");
      }
    }
  };
  const answer = async ({ name, offer }: Fields): Promise<void> => {
    const given = { answer: description("answer", numberIn(offer)) };
    // Over, forgotten, or answered by an earlier attempt that was not heard: then the knocker knows.
    const said = await insist([200, 404, 409, 410], "POST", `${String(name)}:answer`, deviceToken, given);
    if (said?.status === 200) taken.add(String(name));
  };

  let serial = 0;
  const knocker = async (): Promise<void> => {
    while (!over) {
      serial += 1;
      const [number, id] = [serial, devices[Math.floor(draw() * devices.length)] ?? "cam-1"];
      const knocking: { -readonly [Field in keyof Knocking]: Knocking[Field] } = {
        number,
        name: undefined,
        fate: undefined,
        answer: undefined,
      };
      history.push(knocking);
      const made = await insist(
        [200, 201, 202],
        "POST",
        `servers/${id}/services/camera/knocks`,
        clientToken,
        { knock: { offer: description("offer", number), ttl }, wait: secondsOf(waitMs) },
        `knock-${number}`,
      );
      let knock = made?.json.knock as Fields | undefined;
      if (knock === undefined) return;
      knocking.name = String(knock.name);
      while (waits.has(knock?.state)) {
        const read = await insist(
          [200, 404],
          "GET",
          `${knocking.name}?wait=${secondsOf(waitMs)}`,
          clientToken,
        );
        if (read === undefined) return;
        knock = read.status === 404 ? undefined : read.json;
      }
      knocking.fate = knock === undefined ? "forgotten" : String(knock.state);
      knocking.answer = knock?.answer === undefined ? undefined : numberIn(knock.answer);
      await passing(againMs);
    }
  };
  const running = [...devices.map(device), ...Array.from({ length: knockers }, knocker)];
  return {
    history,
    taken,
    surprises,
    answered: () => history.filter(({ fate }) => fate === "STATE_ANSWERED").length,
    async stop() {
      over = true;
      await Promise.all(running);
    },
  };
};

/** Answers that show that all is well again. */
const answersWanted = 30;

/** Lets these faults happen one after the other; after each, knocks are answered again. */
export const doors = async (
  seed: number,
  what: readonly Fault[],
  { say = (_: string) => {}, leaseMs = 1_000 } = {},
): Promise<DoorsRun> => {
  const limits = ["requestsPerSecondPerAddress=100000", "requestBurstPerAddress=100000"];
  const stage = await stageFor(seed, { leaseMs, limits });
  const street = doorsOn(stage);
  const answers = async () => {
    const goal = street.answered() + answersWanted;
    await eventually(stage, "knocks are answered", () => street.answered() >= goal);
  };
  try {
    await answers();
    for (const fault of what) {
      say(fault);
      const [node] = twoOf(stage);
      await happen(fault, stage, node);
      await answers();
    }
    await street.stop();
    const forgetful = what.includes("Redis is restarted without its data");
    const broken = knockViolations(street.history, street.taken, forgetful);
    assert.deepEqual([broken, [...street.surprises]], [[], []], `seed ${seed}`);
    const count = (wanted: string) => street.history.filter(({ fate }) => fate === wanted).length;
    return {
      knocks: street.history.length,
      answered: count("STATE_ANSWERED"),
      expired: count("STATE_EXPIRED"),
      forgotten: count("forgotten"),
    };
  } finally {
    await street.stop();
    await stage.stop();
  }
};
