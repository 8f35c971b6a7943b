// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const loaded = async (file: string, bytesMax: number): Promise<void> => {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
      modulePreload: false,
    },
  });
  assert.ok("output" in built);
  const [chunk, ...others] = built.output;
  assert.deepEqual([others.length, chunk.imports, chunk.dynamicImports], [0, [], []]);
  assert.match(chunk.code, /export\{/);
  assert.doesNotMatch(chunk.code, /node:|require\(/);
  const { length } = gzipSync(chunk.code);
  assert.ok(length <= bytesMax, `${length} bytes, at most ${bytesMax}`);
};

// What a page may be asked to load. Bytes, gzipped.
test("a page loads at most 12 KB for the whole of it, and nothing of Node", () => loaded("index.ts", 12_000));
test("a page that only speaks to devices loads at most 7 KB", () => loaded("peernet/index.ts", 7_000));
