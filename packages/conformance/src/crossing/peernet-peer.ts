// SPDX-License-Identifier: MIT
/** Ends that speak PeerNet over plain HTTP, on libwebrtc: a device that polls, and a client that knocks. */
import wrtc from "@roamhq/wrtc";
import { type Box, hall } from "./box.ts";
import type { Kind } from "./native-peer.ts";
import { wrtcPath, wrtcStream } from "./on-wrtc.ts";
import type { Path } from "./path.ts";

const deviceToken = "device-token-of-at-least-128-bits";
const clientToken = "client-token-of-at-least-128-bits";

interface KnockJson {
  readonly name: string;
  readonly state: string;
  readonly offer: { readonly type: "offer"; readonly sdp: string };
  readonly answer?: { readonly type: "answer"; readonly sdp: string };
  readonly answerIceCandidates?: readonly RTCIceCandidateInit[];
  readonly rejectReason?: string;
  readonly attributes?: { readonly [name: string]: string };
}

/** One JSON request, as any program makes it. */
const ask = async <Answer>(
  box: Box,
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<Answer> => {
  const response = await fetch(`${box.httpUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  const answer: Answer = text === "" ? {} : JSON.parse(text);
  return answer;
};

const gathered = (connection: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });

/** Candidates as they are found; the last one is null. */
const candidatesOf = async function* (connection: RTCPeerConnection): AsyncGenerator<RTCIceCandidate | null> {
  const found: (RTCIceCandidate | null)[] = [];
  let wake = (): void => {};
  connection.addEventListener("icecandidate", ({ candidate }) => {
    found.push(candidate);
    wake();
  });
  for (;;) {
    const candidate = found.shift();
    if (candidate !== undefined) yield candidate;
    if (candidate === null) return;
    if (found.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
};

/** What came back for a text said on a channel, once that is open. */
const echoOf = (channel: RTCDataChannel, text: string): Promise<string> =>
  new Promise((resolve) => {
    channel.onmessage = ({ data }) => resolve(String(data));
    const say = () => channel.send(text);
    if (channel.readyState === "open") say();
    else channel.onopen = say;
  });

export interface Served extends Path {
  /** Who called, where that was a peer on a line. */
  readonly peer: string | undefined;
  /** All its candidates have been told, and taken. */
  readonly said: Promise<void>;
}

/** What an end sends. */
export interface Sending {
  readonly kinds: readonly Kind[];
  readonly brightness: number;
}

/** A connection that sends these kinds, and is closed with the test. */
const opened = (box: Box, { kinds, brightness }: Sending) => {
  const connection = new wrtc.RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  const path = wrtcPath(connection);
  const { stream, stop } = wrtcStream(
    brightness,
    kinds.filter((kind) => kind !== "application"),
  );
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  box.after(() => {
    path.stop();
    stop();
    connection.close();
  });
  return { connection, path };
};

export interface PeerNetDevice {
  /** Registers in the hall, so that others see it. */
  register(id: string): Promise<void>;
  /** Waits for one knock, and answers it. Its data channels echo. */
  serve(id: string, sending: Sending): Promise<Served>;
}

/** A device that answers at once and tells its candidates as it finds them. */
export const peerNetDevice = (box: Box): PeerNetDevice => ({
  async register(id) {
    await ask(box, "POST", "/v1/servers?room.displayName=Hall", deviceToken, {
      uniqueId: id,
      room: `rooms/${hall}`,
      services: [{ protocol: "echo", version: "1" }],
    });
    box.after(() => ask(box, "DELETE", `/v1/servers/${id}`, deviceToken));
  },
  async serve(id, sending) {
    const { knocks } = await ask<{ readonly knocks: readonly KnockJson[] }>(
      box,
      "GET",
      `/v1/servers/${id}/knocks?wait=30s`,
      deviceToken,
    );
    const [knock] = knocks;
    if (knock === undefined) throw new Error("nobody knocked");
    const { connection, path } = opened(box, sending);
    connection.addEventListener("datachannel", ({ channel }) => {
      channel.onmessage = ({ data }) => channel.send(data);
    });
    const found = candidatesOf(connection);
    await connection.setRemoteDescription(knock.offer);
    const answer = await connection.createAnswer();
    await ask(box, "POST", `/v1/${knock.name}:answer`, deviceToken, { answer });
    const tell = async () => {
      for await (const candidate of found) {
        const body = candidate === null ? { candidatesComplete: true } : { iceCandidates: [candidate] };
        await ask(box, "POST", `/v1/${knock.name}:addIceCandidates`, deviceToken, body);
      }
    };
    const said = tell();
    await connection.setLocalDescription(answer);
    return { ...path, peer: knock.attributes?.peer, said };
  },
});

export interface Answered extends Path {
  echo(text: string): Promise<string>;
}

interface Server {
  readonly name: string;
  readonly uniqueId: string;
  /** Of a peer on a line. */
  readonly peer?: string;
  readonly services: readonly { readonly name: string; readonly protocol: string }[];
}

export const serversInHall = async (box: Box): Promise<readonly Server[]> =>
  (await ask<{ readonly servers: readonly Server[] }>(box, "GET", `/v1/rooms/${hall}/servers`, clientToken))
    .servers;

/** Knocks at the one service of the hall that a selector means, with one request that brings the answer. */
export const peerNetKnock = async (
  box: Box,
  selector: { readonly protocol?: string; readonly server?: string },
  sending: Sending,
): Promise<Answered> => {
  const { connection, path } = opened(box, sending);
  const channel = sending.kinds.includes("application") ? connection.createDataChannel("echo") : undefined;
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  const { knock } = await ask<{ readonly knock: KnockJson }>(box, "POST", "/v1/knocks", clientToken, {
    selector: { room: `rooms/${hall}`, ...selector },
    knock: { offer: connection.localDescription, offerCandidatesComplete: true },
    wait: "30s",
  });
  if (knock.answer === undefined) throw new Error(`${knock.state}: ${knock.rejectReason}`);
  await connection.setRemoteDescription(knock.answer);
  return {
    ...path,
    echo: (text) =>
      channel === undefined ? Promise.reject(new Error("no data channel")) : echoOf(channel, text),
  };
};

/** Knocks at whoever has this id in the hall. */
export const peerNetCall = async (box: Box, to: string, sending: Sending): Promise<Answered> => {
  const server = (await serversInHall(box)).find(({ uniqueId, peer }) => (peer ?? uniqueId) === to);
  if (server === undefined) throw new Error(`${to} is no server of the hall`);
  return peerNetKnock(box, { server: server.name }, sending);
};
