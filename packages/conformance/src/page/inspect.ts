// SPDX-License-Identifier: MIT
/** What every page must hold to: on a phone, for a thumb, for a screen reader, by day and by night. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

export const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};

/** Does anything stick out to the side, or is a target too small for a thumb? */
export const layoutFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) faults.push(`the page is ${wide} px too wide`);
    for (const target of document.querySelectorAll("button, a[href], input:not([type=file])")) {
      const { width, height } = target.getBoundingClientRect();
      if (width === 0) continue;
      if (width < 43.5 || height < 43.5)
        faults.push(`${target.outerHTML.slice(0, 80)} is ${width} x ${height}`);
    }
    return faults;
  });

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const accessRules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const accessFaults = async (page: Page): Promise<string[]> => {
  await page.evaluate(axeSource);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(accessRules)} })`;
  const { violations, passes } = await page.evaluate<axe.AxeResults>(run);
  // Above an open dialog's veil axe cannot tell colours; everywhere else it must have looked.
  const veiled = (await page.locator("dialog[open]").count()) > 0;
  assert.ok(veiled || passes.some(({ id }) => id === "color-contrast"), "axe did not look at contrast");
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
  );
};
