// SPDX-License-Identifier: MIT
import { connectCluster } from "./cluster-link.ts";
import { RedisFailure } from "./connection.ts";
import { connectOne, InClusterMode, type Link, type LinkParts } from "./link.ts";
import { shownPlace } from "./place.ts";

/** Connects to a Redis or to a Redis Cluster, whichever it finds there, or fails with a RedisFailure. */
export const connect = async (parts: LinkParts): Promise<Link> => {
  const { place } = parts;
  // Several addresses are of one cluster: it is found by any of them.
  if (place.others.length === 0) {
    try {
      return await connectOne(parts);
    } catch (error) {
      if (!(error instanceof InClusterMode)) throw error;
    }
  }
  if (place.database !== 0) {
    throw new RedisFailure(`Redis at ${shownPlace(place)} is in cluster mode, which has database 0 only`);
  }
  return connectCluster(parts);
};
