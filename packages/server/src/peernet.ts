// SPDX-License-Identifier: MIT
/** PeerNet at the one port: which requests are its own, and who may make them. */
import { readFile } from "node:fs/promises";
import { defaultRealm, type IceIssuer, type Limits, type Refusal, refusal } from "@signalbox/core";
import type { Abort, RegistryGround } from "@signalbox/core/registry";
import { countedAs, type Exchange, patienceMs, type Route, sayText } from "@signalbox/gateway";
import { peerNet } from "@signalbox/peernet";
import { StartFailure, systemWords } from "./start-failure.ts";

export interface PeerNetParts {
  readonly registry: RegistryGround;
  readonly ice: IceIssuer;
  readonly basePath: string;
  readonly limits: Limits;
  /** A file: descriptor set of private types. */
  readonly types: string | undefined;
  /** Pages that may call; undefined: all. */
  readonly origins: readonly string[] | undefined;
  /** Is this the server's secret? Absent: there is none. */
  readonly knows: ((secret: string) => boolean) | undefined;
  /** Aborted when the server drains. */
  readonly ending: Abort;
  readonly failed: (error: unknown) => void;
}

const paths = [
  "/v1/*",
  "/server",
  "/peernet.v1.PeerNetService/*",
  "/peernet.PeerNetService/*",
  "/openapi.json",
  "/peernet.proto",
  "/descriptor.binpb",
];

/** The header that carries the server's secret: `authorization` carries the token of a room, server or knock. */
const secretHeader = "x-signalbox-secret";

export const peerNetRoutes = async (parts: PeerNetParts): Promise<readonly Route[]> => {
  const { limits, origins, knows, ending } = parts;
  const types = parts.types === undefined ? undefined : await readTypes(parts.types);
  const api = made(parts, types);
  const patience = patienceMs(limits);

  const refusalOf = ({ request, query }: Exchange): Refusal | undefined => {
    if (ending.aborted) return refusal("draining", undefined, 1_000);
    const { origin, [secretHeader]: shown } = request.headers;
    if (origins !== undefined && origin !== undefined && !origins.includes(origin))
      return refusal("origin-refused");
    if (knows === undefined) return undefined;
    const secret = typeof shown === "string" ? shown : query("secret");
    return secret !== undefined && knows(secret)
      ? undefined
      : refusal("unauthorized", `It comes in the header ${secretHeader}.`);
  };
  const answer = async (exchange: Exchange, no: Refusal | undefined): Promise<void> => {
    const { request, response, path, search, address } = exchange;
    // Answered later, perhaps: silence says nothing about this connection.
    request.socket.setTimeout(patience);
    const query = new URLSearchParams(search);
    query.delete("secret");
    const known = { address: countedAs(address), ...(no === undefined ? {} : { no }) };
    if (!(await api.handle(request, response, path, query, known))) sayText(response, 404, "404: Not Found");
  };
  return paths.map((path) => ({
    name: "peernet",
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    path,
    handle: (exchange) => answer(exchange, refusalOf(exchange)),
    refuse: answer,
  }));
};

const readTypes = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartFailure(`cannot read the types ${file}: ${systemWords(error)}`);
  }
};

const made = (
  { registry, ice, basePath, limits, origins, ending, failed, types: file }: PeerNetParts,
  types?: Uint8Array,
) => {
  try {
    return peerNet({
      registry,
      ice: () => ice.issue({ realm: defaultRealm }),
      basePath,
      bodyBytesMax: limits.bodyBytes,
      ending,
      failed,
      ...(origins === undefined ? {} : { origins }),
      ...(types === undefined ? {} : { types }),
    });
  } catch (error) {
    if (types === undefined) throw error;
    throw new StartFailure(`the types in ${file} are not a descriptor set, as buf build writes it`);
  }
};
