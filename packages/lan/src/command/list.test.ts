// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startDiscovery } from "../discovery/discovery.ts";
import { freePort } from "../testing/free-port.ts";
import { groundWithout, startedCommand } from "../testing/started-command.ts";
import "../testing/wrtc.ts";

const loopback = ["--host", "127.0.0.1", "--broadcast", "127.255.255.255"];

describe("signalbox lan list", () => {
  test("shows who announces itself, and while it watches who goes", async (context) => {
    const port = await freePort();
    const listing = startedCommand(context, ["list", "--watch", "--port", `${port}`, ...loopback]);
    const answerer = startedCommand(context, [
      ...["answer", "studio-7", "--port", "0", "--announce", "Studio", "--discovery-port", `${port}`],
      ...loopback,
    ]);
    const [line] = await listing.prints(
      /^peer +Studio +call studio-7 on port \d+ +pipe \(signalbox\.pipe\.1\) +\S{8}\n/m,
    );
    assert.ok(line.length < 120);
    answerer.abort();
    await listing.prints(/^gone: Studio\n/m);
    listing.abort();
    assert.equal(await listing.status, 0);
  });

  test("shows servers with the address they are reached at, as JSON where programs read it", async (context) => {
    const port = await freePort();
    const announcer = await startDiscovery({
      port,
      interfaces: ["127.0.0.1"],
      broadcast: "127.255.255.255",
      announce: {
        kind: "server",
        name: "Box",
        url: "http://*:8080",
        services: [{ name: "rooms", protocol: "signalbox.v1" }],
      },
    });
    context.after(() => announcer.close());
    const { ground, over } = groundWithout(60_000);
    const args = ["list", "--json", "--for", "60", "--service", "rooms", "--port", `${port}`, ...loopback];
    const listing = startedCommand(context, args, { ground });
    const [line] = await listing.prints(/^.*\n/);
    const { name, url, present, address } = JSON.parse(line);
    assert.deepEqual([name, url, present, address], ["Box", "http://127.0.0.1:8080", true, "127.0.0.1"]);
    over();
    assert.equal(await listing.status, 0);
  });

  test("says so where there is nobody, and leaves out who does not offer the service", async (context) => {
    const port = await freePort();
    const { ground, over } = groundWithout(2_000);
    const listing = startedCommand(context, ["list", "--port", `${port}`, ...loopback], { ground });
    // It listens before it waits.
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = setInterval(over, 1);
    assert.equal(await listing.status, 0);
    clearInterval(waiting);
    assert.match(listing.said(), /nobody announces itself here/);
    assert.equal(listing.out().length, 0);
  });

  test("tells a command line that makes no sense, and a port it cannot have, in one line", async (context) => {
    const wrong = startedCommand(context, ["list", "--for", "soon"]);
    assert.equal(await wrong.status, 2);
    assert.match(wrong.said(), /^signalbox lan: --for: must be a number[^\n]*\n$/);
    const help = startedCommand(context, ["list", "--help"]);
    assert.equal(await help.status, 0);
    assert.match(help.out().toString(), /^Usage: signalbox lan list/);
  });
});
