// SPDX-License-Identifier: MIT
/** `signalbox lan call` and `signalbox lan answer`. */
import { access, open } from "node:fs/promises";
import { loadWebRtc, missingWebRtc, type NodeWebRtc, openVideo } from "@signalbox/video";
import { type Discovery, startDiscovery } from "../discovery/discovery.ts";
import type { LanCounts, LanGround, LanProblem } from "../exchange.ts";
import { ageMaxS, aheadMaxS } from "../packet.ts";
import { type LanState, lanPeer } from "../peer.ts";
import { pipeProtocol } from "../pipe/pipe.ts";
import { type BoundSocket, defaultPort, openSocket } from "../socket.ts";
import { systemGround } from "../system-ground.ts";
import { pipeBytes } from "./call-bytes.ts";
import { recordVideo, showVideo } from "./call-video.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import type { CallRequest } from "./options.ts";

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const describeProblem = (problem: LanProblem): string => {
  switch (problem.code) {
    case "too-large":
      return `The description takes ${problem.bytes} bytes, and only ${problem.max} fit into one packet. ${problem.advice}`;
    case "trimmed":
      return `Left out to fit into one packet: ${problem.leftOut.join(", ")}.`;
    case "negotiation":
      return `The connection could not be negotiated: ${reasonOf(problem.error)}`;
    case "network":
      return `The network refused: ${problem.error.message}`;
  }
};

/** What was heard instead, in the words told to who waited in vain. */
export const heardInstead = (counts: LanCounts): string => {
  const packets = (count: number) => `${count === 1 ? "One packet" : `${count} packets`} came`;
  const { stale } = counts;
  const said = [
    counts["wrong-key"] > 0 && `${packets(counts["wrong-key"])} for another id or under another secret.`,
    stale > 0 && `${packets(stale)} more than ${ageMaxS} s old or ${aheadMaxS} s ahead: compare the clocks.`,
    counts["too-large"] > 0 && `${packets(counts["too-large"])} too large to be read.`,
  ];
  return said.flatMap((sentence) => (sentence === false ? [] : ` ${sentence}`)).join("");
};

export interface CallSurroundings {
  readonly webRtc?: NodeWebRtc;
  readonly ground?: LanGround;
}

/** Runs a call to its end. Every failure is one line on standard error. */
export const runCall = async (
  request: CallRequest,
  io: CommandIo,
  { webRtc: given, ground = systemGround }: CallSurroundings = {},
): Promise<Status> => {
  const complain = (sentence: string) => void io.stderr.write(`signalbox lan ${request.role}: ${sentence}\n`);
  const tell = (sentence: string) => void (request.quiet || complain(sentence));
  const webRtc = given ?? (await loadWebRtc());
  if (webRtc === undefined) {
    complain(missingWebRtc);
    return status.failed;
  }
  const end = new AbortController();
  try {
    await hold({ request, io, webRtc, ground, tell, complain, signal: end.signal });
    return status.done;
  } catch (error) {
    if (!io.signal.aborted) complain(reasonOf(error));
    return status.failed;
  } finally {
    end.abort();
  }
};

interface CallParts {
  readonly request: CallRequest;
  readonly io: CommandIo;
  readonly webRtc: NodeWebRtc;
  readonly ground: LanGround;
  /** Says something unless it shall be quiet. */
  readonly tell: (sentence: string) => void;
  readonly complain: (sentence: string) => void;
  /** Aborted at the end. */
  readonly signal: AbortSignal;
}

/** How long a closed connection may take to tell the other side, before the process ends. Milliseconds. */
const farewellMs = 250;

/** Holds the call until it ended as planned; rejects with a sentence where it did not. */
const hold = async (parts: CallParts): Promise<void> => {
  const { request, io, webRtc, ground, signal, tell } = parts;
  const { role, attributes, send, video } = request;
  const cleanUps: (() => void | Promise<void>)[] = [];
  try {
    const outcome = openPromise();
    const fail = (sentence: string) => outcome.reject(new Error(sentence));
    io.signal.addEventListener("abort", () => fail("ended"));
    io.signal.throwIfAborted();
    const inTime = (seconds: number | undefined, then: () => void) => {
      if (seconds !== undefined) cleanUps.push(ground.after(seconds * 1_000, then));
    };

    // What cannot be read or written is said before anybody is called.
    if (send !== undefined) await access(send);
    const receive = request.receive === undefined ? undefined : await open(request.receive, "w");
    const videoOut = request.videoOut === undefined ? undefined : await open(request.videoOut, "w");
    const isVideo = video !== undefined || videoOut !== undefined;
    const isBytes = !isVideo || send !== undefined || receive !== undefined;
    const file =
      video === undefined ? undefined : { path: video, opened: await openVideo(video), loop: request.loop };
    const shown = isVideo ? showVideo({ webRtc, ground, signal }, file) : undefined;
    if (shown !== undefined) cleanUps.push(shown.stop);
    const recorded =
      videoOut && recordVideo({ webRtc, ground, signal }, videoOut, request.rate, outcome.reject);
    if (recorded !== undefined) cleanUps.push(recorded.stop);

    let everConnected = false;
    let isPiping = false;
    const takeChannel = (channel: RTCDataChannel) => {
      if (!isBytes || isPiping) return;
      isPiping = true;
      pipeBytes(channel, { io, ground, send, receive }).then(outcome.resolve, outcome.reject);
    };
    const connected = (connection: RTCPeerConnection) => {
      if (everConnected) return;
      everConnected = true;
      if (isBytes && !/^m=application/m.test(connection.remoteDescription?.sdp ?? "")) {
        return fail("The other side takes no bytes. With --y4m-out its video can be written.");
      }
      shown?.start().then(outcome.resolve, outcome.reject);
      inTime(request.for, outcome.resolve);
    };
    const gone = (how: "closed" | "failed") => {
      if (request.keep || isPiping) return;
      if (isBytes || how === "failed") fail("The connection broke.");
      else outcome.resolve();
    };

    let port = attributes.port ?? defaultPort;
    let before: LanState | undefined;
    let current: RTCPeerConnection | undefined;
    const peer = await lanPeer({
      ...attributes,
      ground,
      onProblem: toldOnce(parts),
      async openSocket(options) {
        const socket: BoundSocket = await openSocket(options);
        if (options.role === "answerer") port = socket.port;
        return socket;
      },
      makeConnection(as) {
        const connection = webRtc.makeConnection();
        if (shown !== undefined) connection.addTrack(shown.track, shown.stream);
        if (isBytes && as === "caller") {
          const channel = connection.createDataChannel("pipe", { protocol: pipeProtocol });
          channel.addEventListener("open", () => takeChannel(channel));
        }
        connection.addEventListener("datachannel", ({ channel }) => takeChannel(channel));
        connection.addEventListener("track", ({ track }) => {
          if (track.kind === "video") recorded?.watch(track);
        });
        return connection;
      },
      onConnection: (connection) => {
        current = connection;
      },
      onState(state) {
        if (state !== undefined && state !== "new" && !signal.aborted) tell(state);
        if (state === "connected" && current !== undefined) connected(current);
        if (before === "connected" && (state === "closed" || state === "failed")) gone(state);
        before = state;
      },
    });
    cleanUps.push(async () => {
      peer.close();
      // WebRTC says good-bye on a thread of its own, and does not tell when it has.
      if (everConnected) await new Promise<void>((resolve) => ground.after(farewellMs, resolve));
    });
    tell(role === "answer" ? `listening on port ${port}` : `calling on port ${port}`);
    if (request.announce !== undefined) {
      const announced = await announceCall(request, request.announce, port, isBytes, parts);
      cleanUps.push(announced.close);
    }
    inTime(request.within, () => {
      if (!everConnected) {
        fail(`Nobody ${role === "call" ? "answered" : "called"} in time.${heardInstead(peer.counts)}`);
      }
    });
    await outcome.promise;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
};

/** Says on the network who answers here. */
const announceCall = (
  { attributes, discoveryPort }: CallRequest,
  name: string,
  port: number,
  isBytes: boolean,
  { ground, complain }: CallParts,
): Promise<Discovery> => {
  const { answer = "", host, broadcast } = attributes;
  return startDiscovery({
    ground,
    ...(discoveryPort === undefined ? {} : { port: discoveryPort }),
    ...(host === undefined ? {} : { interfaces: [host] }),
    ...(broadcast === undefined ? {} : { broadcast }),
    onError: (error) => complain(error.message),
    announce: {
      kind: "peer",
      name,
      services: [
        isBytes ? { name: "pipe", protocol: pipeProtocol } : { name: "video", protocol: "flitter.broadcast" },
      ],
      call: { id: answer, port },
    },
  });
};

/** A promise settled from outside. Whether somebody waits for it or not, its rejection is no crash. */
const openPromise = () => {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((...ends) => {
    [resolve, reject] = ends;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
};

/** A caller meets the same problem every few seconds: it is told once. */
const toldOnce = ({ tell, complain }: CallParts): ((problem: LanProblem) => void) => {
  const told = new Set<string>();
  return (problem) => {
    const sentence = describeProblem(problem);
    if (told.has(sentence)) return;
    told.add(sentence);
    (problem.code === "trimmed" ? tell : complain)(sentence);
  };
};
