// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { runCommand } from "./commands.ts";
import { startBox } from "./ground.ts";

describe("signalbox sensor", () => {
  test("made up, is read, asked for its day, and watched", async (context) => {
    const { url } = await startBox(context);
    const server = ["--server", url];
    const device = runCommand(context, [
      "sensor",
      "serve",
      "--generate",
      "--every",
      "0.05",
      "--id",
      "cellar",
      ...server,
    ]);
    await device.says(/servers\/cellar waits/);
    const reading = runCommand(context, ["sensor", "read", "--device", "cellar", ...server]);
    assert.equal(await reading.status, 0, reading.said());
    assert.match(reading.out(), /^\d{4}-\S+Z {2}temperature \d+\.\d °C {2}humidity \d+\.\d %\n$/);
    const history = runCommand(context, ["sensor", "history", "--last", "6h", "--points", "12", ...server]);
    assert.equal(await history.status, 0, history.said());
    const [header, ...rows] = history.out().trimEnd().split("\n");
    assert.equal(
      header,
      "time,temperature mean [Cel],temperature min [Cel],temperature max [Cel],humidity mean [%],humidity min [%],humidity max [%]",
    );
    assert.equal(rows.length, 12);
    const watching = runCommand(context, [
      "sensor",
      "watch",
      "--every",
      "0",
      "--count",
      "3",
      "--json",
      ...server,
    ]);
    assert.equal(await watching.status, 0, watching.said());
    const times = watching
      .out()
      .trimEnd()
      .split("\n")
      .map((line): number => JSON.parse(line).at);
    assert.equal(times.length, 3);
    assert.deepEqual(times, [...times].sort());
    device.abort();
    assert.equal(await device.status, 0);
  });

  test("takes lines from standard input, tells which make no sense, and outlives its end", async (context) => {
    const { url } = await startBox(context);
    const stdin = new PassThrough();
    const device = runCommand(
      context,
      ["sensor", "serve", "--quantity", "pressure:hPa:0:Air pressure", "--id", "roof", "--server", url],
      { stdin },
    );
    await device.says(/waits/);
    const watching = runCommand(context, ["sensor", "watch", "--every", "0", "--server", url]);
    stdin.write("pressure=1012.6\nrain\n");
    await watching.prints(/pressure 1013 hPa\n/);
    await device.says(/line 2 has no number for pressure; it is left out/);
    stdin.write("rain\n".repeat(30));
    await device.says(/further lines that are left out are not told/);
    assert.equal(device.said().match(/it is left out/g)?.length, 20);
    stdin.end("1009");
    await watching.prints(/pressure 1009 hPa\n/);
    await device.says(/standard input has ended/);
    const history = runCommand(context, ["sensor", "history", "--server", url]);
    assert.equal(await history.status, 0);
    assert.match(history.out(), /^time,pressure \[hPa\]\n\S+Z,1013\n\S+Z,1009\n$/);
  });

  test("follows a file that grows, also when another takes its place", async (context) => {
    const { url } = await startBox(context);
    const folder = await mkdtemp(join(tmpdir(), "signalbox-sensor-"));
    context.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "log");
    await writeFile(path, "20.5 40\n");
    const device = runCommand(context, ["sensor", "serve", "--file", path, "--id", "attic", "--server", url]);
    await device.says(/waits/);
    const watching = runCommand(context, ["sensor", "watch", "--every", "0", "--server", url]);
    await watching.prints(/temperature 20\.5 °C/);
    await appendFile(path, "21.5 41\n");
    await watching.prints(/temperature 21\.5 °C/);
    await writeFile(`${path}.new`, "22.5 42\n");
    await rename(`${path}.new`, path);
    await watching.prints(/temperature 22\.5 °C/);
    const missing = runCommand(context, ["sensor", "serve", "--file", join(folder, "none"), "--server", url]);
    assert.equal(await missing.status, 1);
    assert.match(missing.said(), /ENOENT/);
  });

  test("tells in one line what makes no sense, and what is not there", async (context) => {
    const { url } = await startBox(context);
    for (const [args, sentence] of [
      [["serve", "--generate", "--file", "x"], "one of --stdin, --file and --generate is enough"],
      [["serve", "--quantity", "warm"], '--quantity: must be as pressure:hPa:1:Air pressure, not "warm"'],
      [["history", "--last", "soon"], '--last: must be as 90s, 15m, 6h or 7d, not "soon"'],
      [["dance"], 'there is no command "dance"; there are serve, read, history and watch'],
    ] as const) {
      const wrong = runCommand(context, ["sensor", ...args]);
      assert.equal(await wrong.status, 2);
      assert.equal(wrong.said(), `signalbox sensor: ${sentence}\n`);
    }
    const nobody = runCommand(context, ["sensor", "read", "--server", url]);
    assert.equal(await nobody.status, 1);
    assert.equal(nobody.said(), "signalbox sensor read: No sensor device is listed there.\n");
  });
});
