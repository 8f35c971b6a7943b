// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page works below any base path.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { conditions: ["@signalbox/source", ...defaultClientConditions] },
  build: {
    outDir: "dist/page",
    rolldownOptions: {
      input: ["index.html", "devices.html"].map((page) => join(import.meta.dirname, page)),
    },
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the page must work under `default-src 'none'; script-src 'self'; style-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
