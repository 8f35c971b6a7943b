// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Codec,
  type Command,
  type Decoded,
  type Event,
  type Frame,
  type Member,
  type PeerId,
  parsePeerId,
  type RefusalCode,
  type RoomName,
  type Roster,
  refusal,
  refusals,
  type SessionId,
  type Traits,
  textFrame,
} from "@signalbox/core";
import { type HandshakeParts, handshakeAt } from "@signalbox/core/testing";
import fc from "fast-check";
import { flitter } from "./index.ts";

const room = "hall" as RoomName;
const traits: Traits = { takes: "complete", gives: "complete", media: ["video"], messages: false };

const opened = (mount = flitter(), target = "/", parts: HandshakeParts = {}): Codec => {
  let minted = 0;
  return mount.open(handshakeAt(target, parts), () => `minted${++minted}`);
};

/** A codec whose peer asked to join the hall as `id`. */
const joined = (id = "cam", mount = flitter()): Codec => {
  const codec = opened(mount);
  codec.decode(textFrame(JSON.stringify({ type: "join", id, room })), 0);
  return codec;
};

const texts = (frames: readonly Frame[]): readonly string[] =>
  frames.map((frame) => (frame.kind === "text" ? frame.text : "<binary>"));

const say = (codec: Codec, frame: object | string): Decoded =>
  codec.decode(textFrame(typeof frame === "string" ? frame : JSON.stringify(frame)), 0);

const onlySignal = (decoded: Decoded): Extract<Command, { type: "signal" }> => {
  const [command, ...more] = decoded.commands;
  assert.equal(more.length, 0);
  assert.equal(command?.type, "signal");
  return command;
};

const member = (id: string, protocol = "flitter"): Member => ({
  peer: id as PeerId,
  session: `${id}-stay` as SessionId,
  order: 1,
  protocol,
  traits,
  services: [],
});

const roster = (...ids: readonly string[]): Roster => ids.map((id) => member(id));

const tell = (codec: Codec, event: Event): readonly string[] => texts(codec.encode(event, 0, 0));

const tellJoined = (codec: Codec, list: Roster, id = "cam"): readonly string[] =>
  tell(codec, { type: "joined", room, self: member(id), roster: list, snapshot: false });

describe("flitter: before the join", () => {
  const bare = { closing: { frames: [], code: 1000, reason: "" }, commands: [] };
  const rows: readonly (readonly [string, string, "ignored" | "closed" | "bad-name"])[] = [
    ["a call", '{"type":"call","to":"ann","offer":"x"}', "ignored"],
    ["an unknown type", '{"type":"hello"}', "ignored"],
    ["a type that is null", '{"type":null}', "ignored"],
    ["a type that is a list", '{"type":["join"]}', "ignored"],
    ["no type", '{"id":"q","room":"r"}', "closed"],
    ["no JSON", "{nope", "closed"],
    ["empty text", "", "closed"],
    ["a list", "[1]", "closed"],
    ["a string", '"x"', "closed"],
    ["null", "null", "closed"],
    ["a number", "7", "closed"],
    ["a join without id", '{"type":"join","room":"r"}', "closed"],
    ["a join without room", '{"type":"join","id":"q"}', "closed"],
    ["a list as id", '{"type":"join","id":[1],"room":"r"}', "closed"],
    ["an object as id", '{"type":"join","id":{},"room":"r"}', "closed"],
    ["a list as room", '{"type":"join","id":"q","room":["a"]}', "closed"],
    ["a list as id beside an empty room", '{"type":"join","id":[],"room":""}', "closed"],
    ["null as id", '{"type":"join","id":null,"room":"r"}', "bad-name"],
    ["a number as id", '{"type":"join","id":5,"room":"r"}', "bad-name"],
    ["true as id", '{"type":"join","id":true,"room":"r"}', "bad-name"],
    ["an empty id", '{"type":"join","id":"","room":"r"}', "bad-name"],
    ["a control character in an id", '{"type":"join","id":"a\\nb","room":"r"}', "bad-name"],
    ["an id of 257 characters", JSON.stringify({ type: "join", id: "x".repeat(257), room: "r" }), "bad-name"],
    ["null as room", '{"type":"join","id":"q","room":null}', "bad-name"],
    ["an empty room", '{"type":"join","id":"q","room":""}', "bad-name"],
  ];
  for (const [what, text, outcome] of rows) {
    test(`${what} is ${{ ignored: "passed over", closed: "answered with 1000 and no word", "bad-name": "refused with an error" }[outcome]}`, () => {
      const codec = opened();
      const decoded = say(codec, text);
      switch (outcome) {
        case "ignored":
          assert.deepEqual(decoded, { commands: [] });
          assert.equal(say(codec, { type: "join", id: "q", room: "r" }).commands.length, 2);
          break;
        case "closed":
          assert.deepEqual(decoded, bare);
          break;
        case "bad-name": {
          const error = refusals["bad-name"].sentence;
          assert.deepEqual(texts(decoded.closing?.frames ?? []), [JSON.stringify({ type: "error", error })]);
          assert.deepEqual(
            [decoded.commands, decoded.closing?.code, decoded.closing?.reason],
            [[], 1000, ""],
          );
        }
      }
    });
  }

  test("a binary frame is passed over", () => {
    assert.deepEqual(opened().decode({ kind: "binary", bytes: Uint8Array.of(123) }, 0), { commands: [] });
  });

  test("nothing is asked before the join comes, and the join asks for everything", () => {
    const codec = opened();
    assert.deepEqual(codec.opening, []);
    const services = [{ name: "flitter", protocol: "flitter", version: "1", attributes: { media: "video" } }];
    const presence = { services, traits, announced: true, listens: true };
    assert.deepEqual(say(codec, { type: "join", id: "cam-2", room: "hall" }).commands, [
      { type: "open" },
      { type: "join", room: "hall", peer: "cam-2", claim: "exclusive", presence },
    ]);
  });

  test("the credential is the bearer's secret, else the query's", () => {
    const join = { type: "join", id: "cam", room: "hall" };
    const credential = (target: string, parts: HandshakeParts) => {
      const [open] = say(opened(flitter(), target, parts), join).commands;
      return open?.type === "open" ? open.credential : "no open";
    };
    assert.equal(credential("/?secret=q", { bearer: "b" }), "b");
    assert.equal(credential("/?secret=q", {}), "q");
    assert.equal(credential("/", {}), undefined);
  });
});

describe("flitter: after the join", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    [
      "is appended where there is none",
      '{"type":"call","to":"ann","offer":"x"}',
      '{"type":"call","to":"ann","offer":"x","from":"cam"}',
    ],
    ["needs no type", '{"hello":1,"to":"ann"}', '{"hello":1,"to":"ann","from":"cam"}'],
    [
      "replaces a false one in its place",
      '{"from":"mallory","to":"ann","d":1,"d":2}',
      '{"from":"cam","to":"ann","d":2}',
    ],
    ["replaces one spelled with escapes", '{"\\u0066rom":"mallory","to":"ann"}', '{"from":"cam","to":"ann"}'],
    ["replaces one that is null", '{"to":"ann","from":null}', '{"to":"ann","from":"cam"}'],
    [
      "leaves numbers as they came",
      '{"to":"ann","n":12345678901234567890,"e":1.50}',
      '{"to":"ann","n":12345678901234567890,"e":1.50,"from":"cam"}',
    ],
    ["survives blanks around the object", ' \n{ "to" : "ann" } \r\n', ' \n{ "to" : "ann" ,"from":"cam"}'],
    ["survives braces in strings", '{"to":"ann","s":"}"}', '{"to":"ann","s":"}","from":"cam"}'],
    [
      "keeps a __proto__ key a key",
      '{"__proto__":{"a":1},"to":"ann","from":1}',
      '{"__proto__":{"a":1},"to":"ann","from":"cam"}',
    ],
  ];
  for (const [what, text, expected] of rows) {
    test(`the sender's id ${what}`, () => {
      const { verbatim } = onlySignal(say(joined(), text)).signal;
      assert.deepEqual(texts([verbatim]), [expected]);
      assert.equal(JSON.parse(expected).from, "cam");
    });
  }

  for (const text of [
    '{"type":"call"}',
    '{"to":null}',
    '{"to":7}',
    '{"to":true}',
    '{"to":""}',
    '{"type":"join","id":"b","room":"r2"}',
  ]) {
    test(`${text} goes nowhere`, () => {
      assert.deepEqual(say(joined(), text), { commands: [] });
    });
  }

  test("a second join that has a target is relayed like anything else", () => {
    assert.equal(onlySignal(say(joined(), '{"type":"join","id":"b","room":"r2","to":"ann"}')).to, "ann");
  });

  for (const text of ["{nope", "", "[1]", '"x"', "null", '{"to":["ann"]}', '{"to":{}}']) {
    test(`${JSON.stringify(text)} is answered with 1000 and no word`, () => {
      assert.deepEqual(say(joined(), text), {
        commands: [],
        closing: { frames: [], code: 1000, reason: "" },
      });
    });
  }

  test("an object nested too deep to be written again ends the connection, as in the original", () => {
    const deep = `{"from":1,"to":"ann","d":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    assert.equal(say(joined(), deep).closing?.code, 1000);
  });

  test("a binary frame is passed over", () => {
    assert.deepEqual(joined().decode({ kind: "binary", bytes: Uint8Array.of(0, 1) }, 0), { commands: [] });
  });

  test("what a Flitter peer sent, a Flitter peer gets as it was stamped", () => {
    const { signal } = onlySignal(say(joined(), '{"type":"finished","to":"ann"}'));
    const event: Event = {
      type: "signaled",
      room,
      from: { ...member("cam"), announced: true },
      signal,
      wantsDelivery: false,
    };
    assert.deepEqual(joined("ann").encode(event, 0, 0), [signal.verbatim]);
  });
});

describe("flitter: lists of members", () => {
  test("each is whole, in join order, with the recipient", () => {
    const codec = joined();
    assert.deepEqual(tellJoined(codec, roster("ann", "cam")), ['{"type":"members","members":["ann","cam"]}']);
    const three = roster("ann", "cam", "eve");
    assert.deepEqual(tell(codec, { type: "peerJoined", room, member: member("eve"), roster: () => three }), [
      '{"type":"members","members":["ann","cam","eve"]}',
    ]);
    const two = roster("cam", "eve");
    assert.deepEqual(
      tell(codec, { type: "peerLeft", room, member: member("ann"), reason: "left", roster: () => two }),
      ['{"type":"members","members":["cam","eve"]}'],
    );
  });

  test("one roster is encoded once for everyone who is told it", () => {
    const mount = flitter();
    const list = roster("ann", "cam");
    const frames = ["ann", "cam"].map((id) =>
      joined(id, mount).encode(
        { type: "joined", room, self: member(id), roster: list, snapshot: false },
        0,
        0,
      ),
    );
    assert.equal(frames[0]?.[0], frames[1]?.[0]);
    assert.ok(frames[0]?.[0]?.bytes instanceof Uint8Array);
  });

  test("ids in any script are listed whole, in the bytes as in the text", () => {
    const codec = joined();
    const event: Event = {
      type: "joined",
      room,
      self: member("cam"),
      roster: roster("é☃😀", "cam"),
      snapshot: false,
    };
    const [frame] = codec.encode(event, 0, 0);
    assert.ok(frame?.kind === "text" && frame.bytes !== undefined);
    assert.equal(new TextDecoder().decode(frame.bytes), frame.text);
    assert.deepEqual(JSON.parse(frame.text).members, ["é☃😀", "cam"]);
  });

  test("an id that another dialect shares among several is listed once", () => {
    assert.deepEqual(tellJoined(joined(), roster("u", "u", "cam")), [
      '{"type":"members","members":["u","cam"]}',
    ]);
  });

  test("where its peers are not announced, the recipient is listed to itself", () => {
    assert.deepEqual(tellJoined(joined("cam", flitter({ announced: false })), roster("ann")), [
      '{"type":"members","members":["ann","cam"]}',
    ]);
  });
});

describe("flitter: refusals", () => {
  const codec = joined();
  for (const code of Object.keys(refusals) as RefusalCode[]) {
    test(`${code} ends the connection with ${code === "too-large" ? 1009 : 1000} and no reason`, () => {
      const { frames, code: close, reason } = codec.refuse(refusal(code));
      assert.deepEqual([close, reason], [code === "too-large" ? 1009 : 1000, ""]);
      const silent = code === "malformed" || code === "ended-by-peer";
      const error = code === "id-taken" ? "User ID already taken" : refusals[code].sentence;
      assert.deepEqual(texts(frames), silent ? [] : [JSON.stringify({ type: "error", error })]);
    });
  }

  test("an upgrade is never refused with an HTTP status: its client would give up for good", () => {
    assert.equal(flitter().refusesHandshakes, "after-accept");
  });
});

describe("flitter: the mount", () => {
  test("takes its own path only, whatever query or subprotocols come with it", () => {
    const mount = flitter();
    assert.ok(mount.accepts(handshakeAt("/?a=b", { protocols: ["x"] })));
    assert.ok(!mount.accepts(handshakeAt("/other")));
    assert.ok(flitter({ path: "/f" }).accepts(handshakeAt("/f")));
  });
});

describe("flitter: laws", () => {
  const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
    fc.string({ unit: "binary" }).map(textFrame),
    fc.json().map(textFrame),
    fc
      .record(
        {
          type: fc.oneof(fc.constantFrom("join", "call", "answer", "finished"), fc.jsonValue()),
          to: fc.oneof(fc.constantFrom("ann", "cam"), fc.jsonValue()),
          id: fc.jsonValue(),
          room: fc.jsonValue(),
          from: fc.jsonValue(),
          offer: fc.jsonValue(),
          answer: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => textFrame(JSON.stringify(value))),
    fc.uint8Array().map((bytes): Frame => ({ kind: "binary", bytes })),
  );

  test("no bytes make decode throw, joined or not, and meanings come without a throw", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyFrame, { maxLength: 8 }), (isJoined, frames) => {
        const codec = isJoined ? joined() : opened();
        for (const frame of frames) {
          for (const command of codec.decode(frame, 0).commands)
            if (command.type === "signal") command.signal.meaning();
        }
      }),
    );
  });

  test("whatever an object says, what goes out is that object with the sender's id", () => {
    const name = fc.string({ minLength: 1 }).filter((text) => parsePeerId(text) !== undefined);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), name, name, (body, to, from) => {
        const { verbatim } = onlySignal(say(joined(from), { ...body, to })).signal;
        assert.ok(verbatim.kind === "text");
        assert.deepEqual(JSON.parse(verbatim.text), JSON.parse(JSON.stringify({ ...body, to, from })));
      }),
    );
  });
});
