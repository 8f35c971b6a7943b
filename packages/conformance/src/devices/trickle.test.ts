// SPDX-License-Identifier: MIT
/** Candidates that are found late, on either side, and the servers that a second attempt takes. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connect, PeerNetError } from "@signalbox/client/peernet";
import { ask, clientToken, deviceToken } from "../peernet/bench.ts";
import { echo, knockAt, nextMessage, RTCPeerConnection, startBox, startDevice } from "./ground.ts";

const candidatesIn = (sdp: string) =>
  [...sdp.matchAll(/^a=(candidate:.*)$/gm)].map(([, candidate]) => ({
    candidate: candidate?.trim(),
    sdpMid: "0",
    sdpMLineIndex: 0,
  }));

const bare = (sdp: string): string => sdp.replace(/^a=candidate:.*\r?\n/gm, "");

const gathered = async (pc: RTCPeerConnection): Promise<string> => {
  if (pc.iceGatheringState !== "complete") {
    await new Promise<void>((resolve) =>
      pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve()),
    );
  }
  return pc.localDescription?.sdp ?? "";
};

const connection = (t: TestContext): RTCPeerConnection => {
  const pc: RTCPeerConnection = new RTCPeerConnection();
  t.after(() => pc.close());
  return pc;
};

test("a client takes the candidates that a device finds after its answer", async (t) => {
  const box = await startBox(t);
  const services = [{ protocol: "echo", version: "1" }];
  await ask(box, "POST", "/v1/servers", { uniqueId: "cam-1", services }, deviceToken);
  const knocking = knockAt(t, { url: box.url, to: "servers/cam-1/services/echo", channels: ["talk"] });
  const { json } = await ask(box, "GET", "/v1/servers/cam-1/knocks?wait=9s", undefined, deviceToken);
  const [knock] = json.knocks;
  // This device knows no way to the client: the client must find it.
  const pc = connection(t);
  await pc.setRemoteDescription({ type: "offer", sdp: bare(knock.offer.sdp) });
  await pc.setLocalDescription(await pc.createAnswer());
  const sdp = await gathered(pc);
  const answering = { answer: { type: "answer", sdp: bare(sdp) } };
  assert.equal((await ask(box, "POST", `/v1/${knock.name}:answer`, answering, deviceToken)).status, 200);
  const later = { iceCandidates: candidatesIn(sdp), candidatesComplete: true };
  await ask(box, "POST", `/v1/${knock.name}:addIceCandidates`, later, deviceToken);
  const { channels } = await knocking;
  assert.equal(channels[0]?.readyState, "open");
});

test("a device takes the candidates that a client finds after its knock", async (t) => {
  const box = await startBox(t);
  await startDevice(t, { url: box.url, id: "cam-1", services: [echo] });
  const pc = connection(t);
  const channel = pc.createDataChannel("talk");
  await pc.setLocalDescription(await pc.createOffer());
  const sdp = await gathered(pc);
  const { json } = await ask(
    box,
    "POST",
    "/v1/servers/cam-1/services/echo/knocks",
    { knock: { offer: { type: "offer", sdp: bare(sdp) } }, wait: "9s" },
    clientToken,
  );
  assert.equal(json.knock.state, "STATE_ANSWERED");
  // As above: the device has to find this client.
  await pc.setRemoteDescription({ type: "answer", sdp: bare(json.knock.answer.sdp) });
  const opened = once(channel, "open");
  const later = { iceCandidates: candidatesIn(sdp), candidatesComplete: true };
  await ask(box, "POST", `/v1/${json.knock.name}:addIceCandidates`, later, clientToken);
  await opened;
  channel.send("hello");
  assert.equal(await nextMessage(channel), "hello");
});

test("both sides do not wait for a STUN server that is silent", async (t) => {
  const silent = createSocket("udp4");
  t.after(() => silent.close());
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  const configuration = { iceServers: [{ urls: `stun:127.0.0.1:${silent.address().port}` }] };
  const { url } = await startBox(t);
  await startDevice(t, { url, id: "cam-1", services: [echo], configuration });
  const asked: string[] = [];
  const watching: typeof fetch = (input, init) => {
    asked.push(String(init?.method));
    return fetch(input, init);
  };
  await knockAt(t, {
    url,
    to: "servers/cam-1/services/echo",
    channels: ["talk"],
    configuration,
    fetch: watching,
  });
  // The knock could not say that its candidates are complete.
  assert.equal(asked[0], "POST");
  assert.ok(asked.length > 1);
});

test("an answer that leads nowhere is told as such, and a second attempt has what the server hands out", async (t) => {
  const iceServers = [{ urls: ["stun:127.0.0.1:9"] }];
  const box = await startBox(t, { ice: { servers: iceServers } });
  const services = [{ protocol: "echo", version: "1" }];
  await ask(box, "POST", "/v1/servers", { uniqueId: "cam-1", services }, deviceToken);
  const given: (RTCConfiguration | undefined)[] = [];
  class Watched {
    constructor(configuration?: RTCConfiguration) {
      given.push(configuration);
      const pc: RTCPeerConnection = new RTCPeerConnection(configuration);
      // biome-ignore lint/correctness/noConstructorReturn: the connection itself, watched as it is made.
      return pc;
    }
  }
  const knocking = connect({
    url: box.url,
    to: "servers/cam-1/services/echo",
    channels: ["talk"],
    RTCPeerConnection: Watched,
    prepare(pc) {
      // The path is given up as soon as it is looked for.
      pc.addEventListener("signalingstatechange", () => {
        if (pc.signalingState === "stable") pc.close();
      });
    },
  });
  let cursor = "";
  for (let knocks = 0; knocks < 2; ) {
    const path = `/v1/servers/cam-1/knocks?wait=9s&cursor=${cursor}`;
    const { json } = await ask(box, "GET", path, undefined, deviceToken);
    cursor = json.cursor;
    for (const knock of json.knocks ?? []) {
      knocks += 1;
      const pc = connection(t);
      await pc.setRemoteDescription(knock.offer);
      await pc.setLocalDescription(await pc.createAnswer());
      const answering = {
        answer: { type: "answer", sdp: bare(await gathered(pc)) },
        candidatesComplete: true,
      };
      await ask(box, "POST", `/v1/${knock.name}:answer`, answering, deviceToken);
    }
  }
  await assert.rejects(
    knocking,
    (error) => error instanceof PeerNetError && error.reason === "no-connection" && error.retry,
  );
  assert.deepEqual(given, [undefined, { iceServers }]);
});
