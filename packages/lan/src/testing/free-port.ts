// SPDX-License-Identifier: MIT
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A UDP port that was free a moment ago, for several to share. */
export const freePort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};
