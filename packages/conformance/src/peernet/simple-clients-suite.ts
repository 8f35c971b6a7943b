// SPDX-License-Identifier: MIT
/** What simple HTTP clients send: byte for byte, as their own transcripts have it. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { answer, ask, camera, clientToken, deviceToken, offer, type StartBox } from "./bench.ts";

export const simpleClientsSuite = (startBox: StartBox): void => {
  /** Writes a request and reads its one answer. The line stays open until then: who closes it has gone. */
  const raw = async (port: number, text: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(text);
    let all = "";
    for await (const chunk of socket.setEncoding("utf8")) {
      all += chunk;
      const [head = "", body] = all.split(/\r\n\r\n(.*)/s);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      if (body !== undefined && length !== undefined && Buffer.byteLength(body) >= Number(length)) break;
    }
    socket.destroy();
    return all;
  };

  /** The headers of Python's requests, in its order; a string as body gets no content type. */
  const requests = (path: string, body: string, more: readonly string[] = []) =>
    [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "User-Agent: python-requests/2.32.3",
      "Accept-Encoding: gzip, deflate",
      "Accept: */*",
      "Connection: keep-alive",
      ...more,
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n");

  const seedBody = '\n{\n  "unique_id": "cam",\n  "display_name": "Front door"\n}\n';

  describe("as the original text registers a server", () => {
    for (const [what, more] of [
      ["a string without a content type", []],
      ["a form's content type, as curl -d sends it", ["Content-Type: application/x-www-form-urlencoded"]],
      ["JSON, as requests' json= sends it", ["Content-Type: application/json"]],
    ] as const) {
      test(`POST /server with ${what}`, async (t) => {
        const box = await startBox(t);
        const told = await raw(box.port, requests("/server", seedBody, more));
        assert.match(told, /^HTTP\/1\.1 201 Created\r\n/);
        const body = JSON.parse(told.slice(told.indexOf("\r\n\r\n") + 4));
        assert.equal(body.server.name, "servers/cam");
        assert.equal(body.server.displayName, "Front door");
        assert.match(body.ownerToken, /^\S{22,}$/);
        const again = await ask(box, "POST", "/v1/servers", camera, body.ownerToken);
        assert.equal(again.status, 200, "the token that was told owns it");
      });
    }

    test("with a body in chunks", async (t) => {
      const box = await startBox(t);
      const told = await raw(
        box.port,
        `POST /server HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
          `${Buffer.byteLength(seedBody).toString(16)}\r\n${seedBody}\r\n0\r\n\r\n`,
      );
      assert.match(told, /^HTTP\/1\.1 201 /);
    });

    test("with what is no JSON: 400, and the server goes on", async (t) => {
      const box = await startBox(t);
      // The body of the original text's own sample, which breaks off.
      for (const body of ['\n{\n    "unique_id": "\n}\n', "", "null", "[]", '"cam"', "\u0000", "{"]) {
        assert.match(await raw(box.port, requests("/server", body)), /^HTTP\/1\.1 400 Bad Request\r\n/, body);
      }
      assert.equal((await ask(box, "GET", "/v1/servers")).status, 200);
    });
  });

  test("names are read as the schema writes them and as JSON does, and candidates as the original text does", async (t) => {
    const box = await startBox(t);
    await ask(
      box,
      "POST",
      "/v1/servers",
      { unique_id: "cam", services: [{ protocol: "camera" }] },
      deviceToken,
    );
    const line = "candidate:1 1 udp 1 192.0.2.1 9 typ host";
    const { json } = await ask(
      box,
      "POST",
      "/v1/servers/cam/services/camera/knocks",
      {
        knock: {
          offer,
          ice_candidates: [
            { candidate: line, sdp_mid: "0", sdp_line_index: 3 },
            { candidate: line, sdpMid: "1", sdpMLineIndex: 4, usernameFragment: null },
          ],
        },
      },
      clientToken,
    );
    const indices = (candidates: readonly { readonly sdpMLineIndex: number }[]) =>
      candidates.map((one) => one.sdpMLineIndex);
    assert.deepEqual(indices(json.knock.iceCandidates), [3, 4]);
    // Connect's JSON is read by its own library, which passes over what no schema names.
    const { status } = await ask(
      box,
      "POST",
      "/peernet.v1.PeerNetService/AddIceCandidates",
      { name: json.knock.name, ice_candidates: [{ candidate: "candidate:2", sdp_line_index: 5 }] },
      clientToken,
      { "content-type": "application/json" },
    );
    assert.equal(status, 200);
    const read = await ask(box, "GET", `/v1/${json.knock.name}`, undefined, clientToken);
    assert.deepEqual(indices(read.json.iceCandidates), [3, 4, 5]);
  });

  test("a request id is answered the same way again, and keeps no description of the call", async (t) => {
    const box = await startBox(t);
    await ask(box, "POST", "/v1/servers", camera, deviceToken);
    const path = "/v1/servers/cam/services/camera/knocks";
    const once = () =>
      ask(box, "POST", path, { knock: { offer } }, clientToken, { "idempotency-key": "k-1" });
    const first = await once();
    const second = await once();
    assert.equal(second.json.knock.name, first.json.knock.name);
    assert.deepEqual(second.json.knock.offer, offer);
    const other = await ask(box, "POST", path, { knock: { offer, ttl: "9s" } }, clientToken, {
      "idempotency-key": "k-1",
    });
    assert.equal(other.status, 400);
  });

  test("a request id that is still being answered makes nothing a second time", async (t) => {
    const box = await startBox(t);
    await ask(box, "POST", "/v1/servers", camera, deviceToken);
    const path = "/v1/servers/cam/services/camera/knocks";
    const body = { knock: { offer }, wait: "20s", requestId: "k-1" };
    const both = [1, 2].map(() => ask(box, "POST", path, body, clientToken));
    const batch = await ask(box, "GET", "/v1/servers/cam/knocks?wait=20s", undefined, deviceToken);
    assert.equal(batch.json.knocks.length, 1);
    await ask(box, "POST", `/v1/${batch.json.knocks[0].name}:answer`, { answer }, deviceToken);
    const [first, second] = await Promise.all(both);
    assert.equal(second?.json.knock.name, first?.json.knock.name);
    assert.deepEqual(second?.json.knock.answer, answer);
  });

  describe("a page of another site", () => {
    test("may call, after asking", async (t) => {
      const box = await startBox(t);
      for (const path of ["/v1/servers", "/server", "/peernet.v1.PeerNetService/ListRooms"]) {
        const response = await fetch(`${box.url}${path}`, {
          method: "OPTIONS",
          headers: { origin: "https://page.example", "access-control-request-method": "POST" },
        });
        assert.equal(response.status, 204, path);
        assert.equal(response.headers.get("access-control-allow-origin"), "*");
        assert.match(response.headers.get("access-control-allow-methods") ?? "", /POST/);
        assert.match(response.headers.get("access-control-allow-headers") ?? "", /Authorization/);
      }
    });

    test("may not, where only certain origins may", async (t) => {
      const box = await startBox(t, { origins: [{ origin: "https://mine.example" }] });
      const call = (origin?: string) =>
        fetch(`${box.url}/v1/rooms`, { headers: origin === undefined ? {} : { origin } });
      const mine = await call("https://mine.example");
      assert.equal(mine.status, 200);
      assert.equal(mine.headers.get("access-control-allow-origin"), "https://mine.example");
      const other = await call("https://other.example");
      assert.equal(other.status, 403);
      assert.equal(other.headers.get("access-control-allow-origin"), null);
      assert.equal((await call()).status, 200, "a program has no origin");
    });
  });

  test("a server with a secret lets in only who knows it", async (t) => {
    const box = await startBox(t, { secret: "open sesame" });
    const bare = await ask(box, "GET", "/v1/rooms");
    assert.equal(bare.status, 401);
    const header = { "x-signalbox-secret": "open sesame" };
    assert.equal((await ask(box, "GET", "/v1/rooms", undefined, undefined, header)).status, 200);
    assert.equal((await ask(box, "GET", "/v1/rooms?secret=open+sesame")).status, 200);
    const type = { "content-type": "application/json" };
    assert.equal(
      (await ask(box, "POST", "/peernet.v1.PeerNetService/ListRooms", {}, undefined, type)).status,
      401,
    );
  });
};
