// SPDX-License-Identifier: MIT
/** Knocks over each wire, made and answered with as little work on this side as the wire allows. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AnswerKnockRequestSchema,
  CreateKnockRequestSchema,
  CreateKnockResponseSchema,
} from "@signalbox/peernet/schema";

export interface KnockCaller {
  /** Gives the knock's name. */
  knock(): Promise<string>;
  answer(name: string): Promise<void>;
  close(): void;
}

export interface KnockPlace {
  readonly port: number;
  /** Who knocks, and who answers. */
  readonly tokens: { readonly client: string; readonly device: string };
  /** `servers/{server}/services/{service}` */
  readonly service: string;
  readonly offer: { readonly type: "offer"; readonly sdp: string };
  readonly answer: { readonly type: "answer"; readonly sdp: string };
}

/** The body of an answer that is no refusal. */
type Post = (path: string, token: string, body: Uint8Array | string) => Promise<Buffer>;

const overHttp1 = ({ port }: KnockPlace, contentType: string) => {
  const agent = new Agent({ keepAlive: true });
  const post: Post = (path, token, body) =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": contentType,
        "content-length": Buffer.byteLength(body),
      };
      const asked = request({ agent, port, path, host: "127.0.0.1", method: "POST", headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.once("error", reject);
        response.once("end", () => {
          const whole = Buffer.concat(parts);
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve(whole);
          else reject(new Error(`${path}: ${statusCode} ${whole}`));
        });
      });
      asked.once("error", reject);
      asked.end(body);
    });
  return { post, close: () => agent.destroy() };
};

/** A message of gRPC: a flag, four octets of length, the message. */
const frameBytes = 5;

const overGrpc = async ({ port }: KnockPlace) => {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, "connect");
  const post: Post = (path, token, body) =>
    new Promise((resolve, reject) => {
      const message = Buffer.from(body);
      const frame = Buffer.alloc(frameBytes + message.length);
      frame.writeUInt32BE(message.length, 1);
      message.copy(frame, frameBytes);
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc+proto",
        te: "trailers",
        authorization: `Bearer ${token}`,
      });
      const parts: Buffer[] = [];
      let status: unknown;
      const look = (headers: { readonly [name: string]: unknown }) => {
        status = headers["grpc-status"] ?? status;
      };
      stream.on("response", look);
      stream.on("trailers", look);
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.once("error", reject);
      stream.once("end", () => {
        if (status === "0") resolve(Buffer.concat(parts).subarray(frameBytes));
        else reject(new Error(`${path}: gRPC status ${String(status)}`));
      });
      stream.end(frame);
    });
  return { post, close: () => session.destroy() };
};

/** Connect and gRPC say the same in another wrapping. */
const inProtobuf = (
  { service: parent, tokens, offer, answer }: KnockPlace,
  { post, close }: { readonly post: Post; readonly close: () => void },
): KnockCaller => {
  const knock = toBinary(
    CreateKnockRequestSchema,
    create(CreateKnockRequestSchema, { parent, knock: { offer } }),
  );
  return {
    async knock() {
      const told = await post("/peernet.v1.PeerNetService/CreateKnock", tokens.client, knock);
      return fromBinary(CreateKnockResponseSchema, told).knock?.name ?? "";
    },
    async answer(name) {
      const request = create(AnswerKnockRequestSchema, { name, answer });
      const bytes = toBinary(AnswerKnockRequestSchema, request);
      await post("/peernet.v1.PeerNetService/AnswerKnock", tokens.device, bytes);
    },
    close,
  };
};

const rest = async (place: KnockPlace): Promise<KnockCaller> => {
  const { post, close } = overHttp1(place, "application/json");
  const knock = JSON.stringify({ knock: { offer: place.offer } });
  const answer = JSON.stringify({ answer: place.answer });
  return {
    async knock() {
      const told: { readonly knock: { readonly name: string } } = JSON.parse(
        (await post(`/v1/${place.service}/knocks`, place.tokens.client, knock)).toString(),
      );
      return told.knock.name;
    },
    async answer(name) {
      await post(`/v1/${name}:answer`, place.tokens.device, answer);
    },
    close,
  };
};

export const knockWires = {
  rest,
  connect: async (place: KnockPlace) => inProtobuf(place, overHttp1(place, "application/proto")),
  grpc: async (place: KnockPlace) => inProtobuf(place, await overGrpc(place)),
} as const;

export type KnockWire = keyof typeof knockWires;
