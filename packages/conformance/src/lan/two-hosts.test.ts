// SPDX-License-Identifier: MIT
/** A server and a room on one host, a Flitter program that knows of neither on another: real broadcasts, real video. */
import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parseHeader, pictureBytes } from "@signalbox/video";
import { type Host, noHosts, twoHosts } from "../../../lan/src/testing/two-hosts.ts";
import { shown } from "./shown.ts";

const why = noHosts();

const cli = new URL("../../../cli/src/main.ts", import.meta.url);
const roomPeer = new URL("room-peer.ts", import.meta.url);

const size = { width: 64, height: 48 };

/** A video of one second, all of one brightness. */
const y4m = async (path: string): Promise<void> => {
  const file = await open(path, "w");
  await file.write(`YUV4MPEG2 W${size.width} H${size.height} F25:1 Ip A1:1 C420jpeg\n`);
  const pixels = size.width * size.height;
  const picture = Buffer.alloc((pixels * 3) / 2, 128).fill(shown.onLan, 0, pixels);
  for (let count = 0; count < 25; count += 1)
    await file.write(Buffer.concat([Buffer.from("FRAME\n"), picture]));
  await file.close();
};

/** Is there a picture in it that came from the room? */
const showsTheRoom = async (path: string): Promise<boolean> => {
  const content = await readFile(path);
  const end = content.indexOf("\n");
  if (end < 0) return false;
  const header = parseHeader(content.toString("latin1", 0, end));
  const bytes = pictureBytes(header);
  for (let at = end + 1 + "FRAME\n".length; at + bytes <= content.length; at += bytes + "FRAME\n".length) {
    const middle = content[at + (header.height / 2) * header.width + header.width / 2] ?? 0;
    if (Math.abs(middle - shown.inRoom) <= 8) return true;
  }
  return false;
};

const bench = async (context: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-hosts-"));
  context.after(() => rm(folder, { recursive: true }));
  const [left, right] = twoHosts(context);
  const args = ["serve", "--port", "8080", "--lan", "studio-7:ours", "--lan-announce", "Box", "--lan-dns-sd"];
  const server = left.runScript(cli, args);
  await server.says(/^Signalbox listening/m);
  const video = join(folder, "sent.y4m");
  await y4m(video);
  return { left, right, server, video, got: join(folder, "got.y4m") };
};

const inRoom = (host: Host, ...args: readonly string[]) =>
  host.runScript(roomPeer, ["http://127.0.0.1:8080", "ann", ...args]);

describe("a room on one host and a program on another", { skip: why ?? false, timeout: 240_000 }, () => {
  test("the program calls, and the room answers: pictures both ways", async (context) => {
    const { left, right, video, got } = await bench(context);
    const ann = inRoom(left);
    await ann.says(/^state new/m);
    const program = right.run([
      ...["call", "studio-7", "--secret", "ours", "--y4m", video, "--loop", "--y4m-out", got],
    ]);
    await ann.says(/^sees the LAN/m);
    await program.says(/connected/);
    await ann.says(/^state connected/m);
    for await (const _ of watch(got)) if (await showsTheRoom(got)) break;
    program.child.kill("SIGTERM");
    // Nothing is said on the LAN when a call ends: the closed connection tells.
    await ann.says(/^state closed/m);
  });

  test("the room calls, and the program answers", async (context) => {
    const { left, right, video } = await bench(context);
    const program = right.run(["answer", "studio-7", "--secret", "ours", "--y4m", video, "--loop"]);
    await program.says(/listening/);
    const ann = inRoom(left, "studio-7");
    await ann.says(/^sees the LAN/m);
    await program.says(/connected/);
    ann.child.kill("SIGTERM");
    assert.equal(await program.ended, 0, program.said());
  });

  test("the program finds the server by its announcement", async (context) => {
    const { left, right } = await bench(context);
    const listing = right.run(["list", "--watch", "--json", "--service", "signaling"]);
    const [line] = await listing.says(/^\{.*\}\n/m);
    const { name, url } = JSON.parse(line);
    assert.deepEqual([name, url], ["Box", `http://${left.address}:8080`]);
  });
});
