// SPDX-License-Identifier: MIT
/** Who begins DTLS is said as RFC 9429 has it: docs/decisions/011-who-begins-dtls.md. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask, clientToken } from "../peernet/bench.ts";
import { echo, knockAt, nextMessage, RTCPeerConnection, startBox, startDevice } from "./ground.ts";

/** What descriptions that pass through this `fetch` say of their role. */
const listening = () => {
  const said: string[] = [];
  const listen: typeof fetch = (input, init) => {
    for (const [, role = ""] of String(init?.body ?? "").matchAll(/a=setup:(\w+)/g)) said.push(role);
    return fetch(input, init);
  };
  return { said, listen };
};

describe("over the wire", () => {
  test("an offer of the SDK leaves open who begins, and its device begins", async (t) => {
    const { url } = await startBox(t);
    const [device, client] = [listening(), listening()];
    await startDevice(t, { url, id: "d", services: [echo], fetch: device.listen });
    await knockAt(t, { url, to: { server: "d", protocol: "echo" }, channels: ["c"], fetch: client.listen });
    assert.deepEqual(client.said, ["actpass"]);
    assert.deepEqual(device.said, ["active"]);
  });

  for (const [offered, answered] of [
    ["active", "passive"],
    ["passive", "active"],
  ]) {
    test(`an offer that says ${offered}, as peers outside browsers may, is answered ${answered} and connects`, async (t) => {
      const box = await startBox(t);
      await startDevice(t, { url: box.url, id: "d", services: [echo] });
      const pc = new RTCPeerConnection();
      t.after(() => pc.close());
      const channel = pc.createDataChannel("c");
      const opened = new Promise((resolve) => channel.addEventListener("open", resolve));
      const gathered = new Promise<void>((resolve) =>
        pc.addEventListener("icecandidate", ({ candidate }) => candidate ?? resolve()),
      );
      await pc.setLocalDescription(await pc.createOffer());
      await gathered;
      const sdp = pc.localDescription?.sdp.replace("a=setup:actpass", `a=setup:${offered}`);
      const body = { knock: { offer: { type: "offer", sdp }, offerCandidatesComplete: true }, wait: "30s" };
      const { json } = await ask(box, "POST", "/v1/servers/d/services/echo/knocks", body, clientToken);
      assert.match(json.knock.answer.sdp, new RegExp(`a=setup:${answered}`));
      await pc.setRemoteDescription(json.knock.answer);
      await opened;
      channel.send("hello");
      assert.equal(await nextMessage(channel), "hello");
    });
  }
});
