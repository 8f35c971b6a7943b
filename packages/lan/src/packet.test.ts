// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { deriveKey, keyRing } from "./key.ts";
import { open, packetBytesMax, seal } from "./packet.ts";

/** Made with other tools and opened by the original's own cipher class; see packages/lan/README.md. */
const vectors = [
  {
    secret: "flitter_webrtc",
    id: "studio-7",
    key: "cd327b110ce253df561b1bc00ee7a78caadc6fc3688b28ad14f2810c958a7d7e",
    time: 1_700_000_000,
    iv: "000102030405060708090a0b0c0d0e0f",
    message: { kind: "offer", sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" },
    packet:
      "80000000006553f100000102030405060708090a0b0c0d0e0fa46522dd725f174f6ddd5096e27f8e45b03b7c2590b43c4e86948f9d2bb5b7a392b6d199b987f5b1ee42e0f6d88b6044aad93f29fb09cd9b7b6d3f8eee948b32d08fc25bd0e7a45822485a965c487b1500d1cb31a52b3e10d7397bedd099c50d",
  },
  {
    secret: "caf\u00e9 \u2615",
    id: "Zo\u00eb",
    key: "d8a866c33977d32f3ae843fcafd7368380cd0b28c1461cbb50dd80cf3923d99e",
    time: 1_700_000_001,
    iv: "0f0e0d0c0b0a09080706050403020100",
    message: { kind: "answer", sdp: "v=0\r\ns=\u2603\r\n" },
    packet:
      "80000000006553f1010f0e0d0c0b0a09080706050403020100817354ebf5c3a5273ae7b5ebc10ded2e5770f2fcac51db6bd3fcd930040b66a84f25876d5029d8e9a7d8bdbaa1fb8e38962306600ae011bff262d46748d69d1a1981dac07d822be2b9333b74fcf0e226",
  },
] as const;

const ring = keyRing();
const iv = Buffer.alloc(16, 7);

describe("a broadcast packet", () => {
  for (const vector of vectors) {
    test(`of ${vector.id} is opened as the original wrote it, and only inside its time`, async () => {
      const key = await deriveKey(vector.id, vector.secret);
      assert.equal(Buffer.concat([key.sign, key.encrypt]).toString("hex"), vector.key);
      const packet = Buffer.from(vector.packet, "hex");
      for (const inside of [vector.time - 60, vector.time, vector.time + 10]) {
        assert.deepEqual(open(packet, key, inside), vector.message);
      }
      for (const outside of [vector.time - 61, vector.time + 11])
        assert.equal(open(packet, key, outside), "stale");
    });

    test(`of ${vector.id} that we write opens to the same message`, async () => {
      const key = await ring.key(vector.id, vector.secret);
      const packet = seal(vector.message, key, vector.time, Buffer.from(vector.iv, "hex"));
      // The bytes of zlib differ between its builds; all before the cipher text is fixed.
      assert.equal(packet.subarray(0, 25).toString("hex"), vector.packet.slice(0, 50));
      assert.deepEqual(open(packet, key, vector.time), vector.message);
    });
  }

  test("with any bit changed is not taken", async () => {
    const key = await ring.key("studio-7", "flitter_webrtc");
    const packet = seal({ kind: "offer", sdp: "v=0" }, key, 1_700_000_000, iv);
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const bent = Buffer.from(packet);
        bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(typeof open(bent, key, 1_700_000_000), "string");
      }),
      { numRuns: 500 },
    );
  });

  test("under another id or another secret is somebody else's", async () => {
    const packet = seal(
      { kind: "offer", sdp: "v=0" },
      await ring.key("studio-7", "flitter_webrtc"),
      1_700_000_000,
      iv,
    );
    assert.equal(open(packet, await ring.key("studio-8", "flitter_webrtc"), 1_700_000_000), "wrong-key");
    assert.equal(open(packet, await ring.key("studio-7", "other"), 1_700_000_000), "wrong-key");
  });

  test("made of any bytes is dropped with a reason", async () => {
    const key = await ring.key("studio-7", "flitter_webrtc");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_600 }), (bytes) => {
        assert.equal(typeof open(Buffer.from(bytes), key, 1_700_000_000), "string");
      }),
      { numRuns: 1_000 },
    );
  });

  test("longer than a receiver reads is told apart", async () => {
    const key = await ring.key("studio-7", "flitter_webrtc");
    assert.equal(open(Buffer.alloc(packetBytesMax + 1, 0x80), key, 1_700_000_000), "too-large");
  });

  test("carries any description that fits", async () => {
    const key = await ring.key("studio-7", "flitter_webrtc");
    fc.assert(
      fc.property(
        fc.constantFrom("offer" as const, "answer" as const),
        fc.string({ maxLength: 300, unit: "binary" }),
        (kind, sdp) => {
          const message = { kind, sdp: sdp.toWellFormed() };
          assert.deepEqual(open(seal(message, key, 1_700_000_000, iv), key, 1_700_000_000), message);
        },
      ),
    );
  });
});

describe("a key ring", () => {
  test("derives a key once, and forgets the one used longest ago", async () => {
    const small = keyRing(2);
    const first = small.key("a", "s");
    assert.equal(small.key("a", "s"), first);
    small.key("b", "s");
    small.key("a", "s");
    small.key("c", "s");
    assert.equal(small.key("a", "s"), first);
    assert.notEqual(small.key("as", ""), first);
  });
});
