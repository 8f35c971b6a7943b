// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, type TestContext, test } from "node:test";
import { Bonjour, type ServiceConfig } from "bonjour-service";
import { freePort } from "../testing/free-port.ts";
import { type DnsSdOptions, dnsLabel, dnsSdSendRate, publishDnsSd } from "./dns-sd.ts";

const address = "127.0.0.1";

const publish = async (context: TestContext, mdnsPort: number, options: Partial<DnsSdOptions> = {}) => {
  const { name, host, texts } = { name: "Box", host: "signalbox-3f9a", texts: { protocols: "native" } };
  const published = await publishDnsSd({ name, host, port: 8_080, texts, address, mdnsPort, ...options });
  context.after(published.close);
  return published;
};

/** What a DNS-SD browser of the loopback network is told. */
const browse = (context: TestContext, mdnsPort: number) => {
  const options: Partial<ServiceConfig> & { readonly interface: string; readonly bind: string } = {
    ...{ port: mdnsPort, interface: address, bind: "0.0.0.0" },
  };
  const bonjour = new Bonjour(options);
  context.after(() => bonjour.destroy());
  return bonjour.find({ type: "signalbox" });
};

describe("a server on DNS-SD", () => {
  test("is found by name with its port and texts, and seen to go", async (context) => {
    const mdnsPort = await freePort();
    const browser = browse(context, mdnsPort);
    const came = once(browser, "up");
    const published = await publish(context, mdnsPort);
    const [{ name, port, host, txt }] = await came;
    assert.deepEqual(
      [name, port, host, txt],
      ["Box", 8_080, "signalbox-3f9a.local", { protocols: "native" }],
    );
    const went = once(browser, "down");
    await published.close();
    const [{ name: gone }] = await went;
    assert.equal(gone, "Box");
  });

  test("answers a flood of questions with a few datagrams, and still says goodbye", async (context) => {
    const mdnsPort = await freePort();
    const group = "224.0.0.251";
    // The clock stands: what was sent is all that may be.
    const published = await publish(context, mdnsPort, { ground: { now: () => 0 } });
    const listening = createSocket({ type: "udp4", reuseAddr: true });
    context.after(() => listening.close());
    listening.bind(mdnsPort);
    await once(listening, "listening");
    listening.addMembership(group, address);
    const asking = createSocket("udp4");
    context.after(() => asking.close());
    asking.bind(0, address);
    await once(asking, "listening");
    asking.setMulticastInterface(address);
    const question = Buffer.from(
      "0000000000010000000000000a5f7369676e616c626f78045f746370056c6f63616c00000c0001",
      "hex",
    );
    let answers = 0;
    let goodbyes = 0;
    const heardAll = new Promise<void>((resolve) => {
      listening.on("message", (packet) => {
        if (packet.readUInt16BE(2) < 0x8000) return;
        answers += 1;
        // Of the first record, which is the pointer: after the rest of its name (22 bytes), type and class.
        const ttlS = packet.readUInt32BE(packet.indexOf("_signalbox") + 26);
        if (ttlS !== 0) return;
        goodbyes += 1;
        resolve();
      });
    });
    for (let count = 0; count < 200; count += 1) {
      await new Promise((resolve) => asking.send(question, mdnsPort, group, resolve));
    }
    await published.close();
    await heardAll;
    assert.equal(goodbyes, 1);
    assert.ok(answers > 1 && answers <= dnsSdSendRate.burst + 1, `${answers} answers`);
  });

  test("that cannot have the port says so", async (context) => {
    const alone = createSocket("udp4");
    context.after(() => alone.close());
    alone.bind(0);
    await once(alone, "listening");
    await assert.rejects(publish(context, alone.address().port), { code: "EADDRINUSE" });
  });

  test("has a name that fits the DNS, cut between characters", () => {
    assert.equal(dnsLabel("Box 1.2"), "Box 1-2");
    assert.equal(dnsLabel("é".repeat(40)), "é".repeat(31));
  });
});
