// SPDX-License-Identifier: MIT
/** Real broadcasts, real multicast and real WebRTC between two hosts. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { noHosts, twoHosts } from "./testing/two-hosts.ts";

const why = noHosts();

describe("two hosts on a LAN", { skip: why ?? false }, () => {
  test("call each other with everything at its default, and a channel opens", async (context) => {
    const [left, right] = twoHosts(context);
    const answerer = left.run(["answer", "studio-7"], "from the left\n");
    await answerer.says(/listening on port 5111/);
    const caller = right.run(["call", "studio-7"], "from the right\n");
    assert.equal(await caller.ended, 0, caller.said());
    assert.equal(await answerer.ended, 0, answerer.said());
    assert.deepEqual([answerer.out(), caller.out()], ["from the right\n", "from the left\n"]);
  });

  test("call each other where the caller comes first, and send a file under a secret", async (context) => {
    const [left, right] = twoHosts(context);
    const folder = await mkdtemp(join(tmpdir(), "signalbox-hosts-"));
    context.after(() => rm(folder, { recursive: true }));
    const content = randomBytes(300_000);
    await writeFile(join(folder, "sent"), content);
    const caller = right.run(["call", "desk", "--secret", "ours", "--send", join(folder, "sent")]);
    await caller.says(/calling on port 5111/);
    const answerer = left.run(["answer", "desk", "--secret", "ours", "--receive", join(folder, "got")]);
    assert.equal(await caller.ended, 0, caller.said());
    assert.equal(await answerer.ended, 0, answerer.said());
    assert.ok(content.equals(await readFile(join(folder, "got"))));
  });

  test("see each other announced, by multicast or broadcast, and see each other go", async (context) => {
    const [left, right] = twoHosts(context);
    const watching = right.run(["list", "--watch"]);
    const answerer = left.run(["answer", "studio-7", "--announce", "Studio"]);
    await watching.says(/^peer +Studio +call studio-7 /m);
    const listed = right.run(["list", "--service", "pipe", "--json"]);
    const [line] = await listed.says(/^\{.*\}\n/m);
    const { address, call, addresses } = JSON.parse(line);
    assert.deepEqual(
      [address, call, addresses],
      [left.address, { id: "studio-7", port: 5111 }, [left.address]],
    );
    answerer.child.kill("SIGTERM");
    await watching.says(/^gone: Studio$/m);
  });

  test("do not meet under another id or another secret", async (context) => {
    const [left, right] = twoHosts(context);
    const answerer = left.run(["answer", "studio-7", "--secret", "ours"]);
    await answerer.says(/listening/);
    const others = [
      right.run(["call", "studio-7", "--within", "1"]),
      right.run(["call", "studio-8", "--secret", "ours", "--within", "1"]),
    ];
    for (const other of others) {
      assert.equal(await other.ended, 1);
      assert.match(other.said(), /Nobody answered in time/);
    }
    assert.doesNotMatch(answerer.said(), /connecting/);
  });
});
