import { readFileSync } from "node:fs";
import { errorCodes } from "@evenkeel/core/error/codes.ts";
import { refusalCodes } from "@evenkeel/core/placement/refusal.ts";
import { mergeFindingCodes } from "@evenkeel/core/topology/merge/finding.ts";
import { topologyWarningCodes } from "@evenkeel/core/topology/warnings/warning.ts";
import { expect, test } from "vitest";
import { commandReference } from "./reference.ts";

const docs = new URL("../../../docs/", import.meta.url);
const errorsDocument = readFileSync(new URL("errors.md", docs), "utf8");

/** The codes and meanings in the table below a heading. */
function documented(heading: string): Record<string, string> {
  const [, section = ""] = errorsDocument.split(`\n## ${heading}\n`);
  const [table = ""] = section.split("\n## ");
  const rows = [...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.every(([, , , remedy]) => (remedy ?? "").length > 10)).toBe(true);
  return Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]));
}

test("docs/errors.md has every code with its meaning, and no other", () => {
  expect(documented("Errors")).toEqual(errorCodes);
  expect(documented("Refusals")).toEqual(refusalCodes);
  expect(documented("Merge findings")).toEqual(mergeFindingCodes);
  expect(documented("Warnings")).toEqual(topologyWarningCodes);
});

test("docs/cli.md is what the commands say of themselves", async () => {
  await expect(commandReference()).toMatchFileSnapshot(new URL("cli.md", docs).pathname);
});
