import { readFileSync } from "node:fs";
import { errorCodes } from "@evenkeel/core/error/codes.ts";
import { ncclFindingCodes } from "@evenkeel/core/guest/nccl/lint/finding.ts";
import { refusalCodes, untoldCodes } from "@evenkeel/core/plan/refusal.ts";
import { preflightCodes } from "@evenkeel/core/preflight/problem.ts";
import { mergeFindingCodes } from "@evenkeel/core/topology/merge/finding.ts";
import { topologyWarningCodes } from "@evenkeel/core/topology/warnings/warning.ts";
import { findingCodes } from "@evenkeel/core/verify/verdict/finding-codes.ts";
import { expect, test } from "vitest";
import { causesReference, checksReference } from "./causes-reference.ts";
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
  expect(documented("Untold facts")).toEqual(untoldCodes);
  expect(documented("Preflight problems")).toEqual(preflightCodes);
  expect(documented("Merge findings")).toEqual(mergeFindingCodes);
  expect(documented("Findings")).toEqual(findingCodes);
  expect(documented("Warnings")).toEqual(topologyWarningCodes);
  expect(documented("NCCL findings")).toEqual(ncclFindingCodes);
});

test("docs/cli.md is what the commands say of themselves", async () => {
  await expect(commandReference()).toMatchFileSnapshot(new URL("cli.md", docs).pathname);
});

test("docs/checks.md has every check that doctor makes", async () => {
  await expect(checksReference()).toMatchFileSnapshot(new URL("checks.md", docs).pathname);
});

test("docs/causes.md has every cause as its file has it, and no other", async () => {
  await expect(causesReference()).toMatchFileSnapshot(new URL("causes.md", docs).pathname);
});
