// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { blackPicture, frameMark, headerBytes, pictureBytes, readY4m } from "@signalbox/video";
import { noCounts } from "../exchange.ts";
import { groundWithout, startedCommand } from "../testing/started-command.ts";
import "../testing/wrtc.ts";
import { trimAdvice } from "../trim.ts";
import { describeProblem, heardInstead } from "./call.ts";

const broadcast = "127.255.255.255";

/** An answerer on a port of its own, and the options that call it. */
const answering = async (
  context: TestContext,
  options: readonly string[],
  stdin?: AsyncIterable<Uint8Array>,
) => {
  const answerer = startedCommand(
    context,
    ["answer", "studio", "--port", "0", ...options],
    stdin === undefined ? {} : { stdin },
  );
  const [, port = ""] = await answerer.says(/listening on port (\d+)/);
  return { answerer, place: ["--port", port, "--broadcast", broadcast] };
};

const folder = async (context: TestContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "signalbox-lan-"));
  context.after(() => rm(path, { recursive: true }));
  return path;
};

const misused = async (context: TestContext, ...args: readonly string[]): Promise<string> => {
  const command = startedCommand(context, args);
  assert.equal(await command.status, 2);
  return command.said();
};

describe("signalbox lan call and answer", () => {
  test("carry standard input to standard output, both ways", async (context) => {
    const { answerer, place } = await answering(
      context,
      [],
      Readable.from([Buffer.from("from the answerer\n")]),
    );
    const caller = startedCommand(context, ["call", "studio", ...place], {
      stdin: Readable.from([Buffer.from("from the caller\n")]),
    });
    assert.deepEqual(await Promise.all([caller.status, answerer.status]), [0, 0]);
    assert.equal(answerer.out().toString(), "from the caller\n");
    assert.equal(caller.out().toString(), "from the answerer\n");
    assert.match(caller.said(), /calling on port \d+\n.*connected\n/s);
  });

  test("carry a file larger than any buffer, and are done when it is written there", async (context) => {
    const path = await folder(context);
    const content = randomBytes(5 * 1024 * 1024 + 123);
    await writeFile(join(path, "sent"), content);
    const { answerer, place } = await answering(context, [
      "--receive",
      join(path, "got"),
      "--secret",
      "ours",
    ]);
    const caller = startedCommand(context, [
      "call",
      "studio",
      "--send",
      join(path, "sent"),
      "--secret",
      "ours",
      ...place,
    ]);
    assert.equal(await caller.status, 0, caller.said());
    assert.ok(content.equals(await readFile(join(path, "got"))));
    assert.equal(await answerer.status, 0, answerer.said());
  });

  test("carry video from one Y4M file to another", async (context) => {
    const path = await folder(context);
    const size = { width: 64, height: 48 };
    const picture = blackPicture(size.width, size.height);
    picture.data.fill(180, 0, size.width * size.height);
    const pieces: Uint8Array[] = [headerBytes({ ...size, rate: 20 })];
    for (let count = 0; count < 20; count += 1) pieces.push(frameMark, picture.data);
    await writeFile(join(path, "sent.y4m"), Buffer.concat(pieces));
    const { answerer, place } = await answering(context, ["--y4m-out", join(path, "got.y4m")]);
    const caller = startedCommand(context, ["call", "studio", "--y4m", join(path, "sent.y4m"), ...place]);
    assert.equal(await caller.status, 0, caller.said());
    assert.equal(await answerer.status, 0, answerer.said());
    const got = await readY4m(Readable.from([await readFile(join(path, "got.y4m"))]));
    let bright = 0;
    for await (const { data } of got.pictures) {
      assert.equal(data.length, pictureBytes(got));
      if (Math.abs((data[data.length / 3] ?? 0) - 180) < 12) bright += 1;
    }
    assert.ok(bright > 0, "none of the pictures that came was one that was sent");
  });

  test("say which files cannot be read or written before anybody is called", async (context) => {
    for (const option of [
      ["--send", "/nowhere/at/all"],
      ["--receive", "/nowhere/at/all"],
      ["--y4m", "/nowhere/at/all"],
      ["--y4m-out", "/nowhere/at/all"],
    ]) {
      const command = startedCommand(context, ["call", "studio", ...option]);
      assert.equal(await command.status, 1);
      assert.match(command.said(), /^signalbox lan call: ENOENT[^\n]*nowhere[^\n]*\n$/);
    }
  });

  test("give up where nobody is there in time", async (context) => {
    const { place } = await answering(context, []);
    const { ground, over } = groundWithout(60_000);
    const caller = startedCommand(context, ["call", "somebody else", "--within", "60", ...place], { ground });
    await caller.says(/calling on port/);
    over();
    assert.equal(await caller.status, 1);
    assert.match(caller.said(), /Nobody answered in time/);
  });

  test("say what was heard instead by who waited in vain", () => {
    assert.equal(heardInstead(noCounts()), "");
    assert.equal(
      heardInstead({ ...noCounts(), "wrong-key": 2, stale: 1 }),
      " 2 packets came for another id or under another secret. One packet came more than 10 s old or 60 s ahead: compare the clocks.",
    );
  });

  test("say of a description that does not fit how large it is, and what to leave out", () => {
    const leftOut = ["relayed candidates", "IPv6 candidates"];
    assert.equal(
      describeProblem({ code: "too-large", bytes: 1_601, max: 1_497, advice: trimAdvice, leftOut }),
      `The description takes 1601 bytes, and only 1497 fit into one packet. ${trimAdvice}`,
    );
    assert.equal(
      describeProblem({ code: "trimmed", bytes: 1_400, leftOut }),
      "Left out to fit into one packet: relayed candidates, IPv6 candidates.",
    );
  });

  test("end when they are told to", async (context) => {
    const { answerer } = await answering(context, []);
    answerer.abort();
    assert.equal(await answerer.status, 1);
  });

  test("tell a command line that makes no sense in one line", async (context) => {
    assert.match(await misused(context, "call"), /say whose id to call/);
    assert.match(await misused(context, "call", "a", "b"), /one id is enough/);
    assert.match(
      await misused(context, "call", "a", "--port", "x"),
      /--port: must be a whole number from 1 to 65535/,
    );
    assert.match(await misused(context, "answer", "a", "--rate", "0"), /--rate: must be a number/);
    assert.match(await misused(context, "call", "a", "--nonsense"), /--nonsense/);
    assert.match(await misused(context, "call", "a", "--keep"), /--keep/);
    assert.match(await misused(context, "call", "a", "--announce", "me"), /--announce/);
    assert.match(await misused(context, "phone", "a"), /no command "phone"/);
  });

  test("take the secret from the environment too, where nobody sees it in a list of processes", async (context) => {
    const environment = { SIGNALBOX_LAN_SECRET: "ours" };
    const answerer = startedCommand(context, ["answer", "studio", "--port", "0"], { environment });
    const [, port = ""] = await answerer.says(/listening on port (\d+)/);
    const place = ["--port", port, "--broadcast", broadcast];
    const caller = startedCommand(context, ["call", "studio", ...place], { environment });
    assert.deepEqual(await Promise.all([caller.status, answerer.status]), [0, 0]);
  });

  test("explain themselves", async (context) => {
    for (const args of [["--help"], ["call", "--help"], ["answer", "-h"], []]) {
      const command = startedCommand(context, args);
      assert.equal(await command.status, 0);
      assert.match(command.out().toString(), /^Usage: signalbox lan/);
    }
  });
});
