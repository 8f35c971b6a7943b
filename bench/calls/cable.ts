// SPDX-License-Identifier: MIT
/** A TCP forwarder that makes the way to a server longer, in both directions. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cable {
  readonly url: string;
  close(): void;
}

/** TCP's own handshake is not made longer: who is measured here has its connections open. */
export const layCable = async (port: number, oneWayMs: number): Promise<Cable> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const forward = (from: Socket, to: Socket) => {
    const later = (run: () => void) => (oneWayMs === 0 ? run() : setTimeout(run, oneWayMs));
    from.on("data", (bytes) => later(() => to.writable && to.write(bytes)));
    from.on("close", () => later(() => to.destroy()));
  };
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    keep(near);
    keep(far);
    forward(near, far);
    forward(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
