import { readdirSync, readFileSync } from "node:fs";
import { documentKinds, isDocumentKind } from "@evenkeel/contract/document.ts";
import {
  type JsonSchema,
  jsonSchemaOf,
  objectsIn,
  propertiesOf,
} from "@evenkeel/contract/reference/json-schema.ts";
import { errorCodes } from "@evenkeel/core/error/codes.ts";
import { ncclFindingCodes } from "@evenkeel/core/guest/nccl/lint/finding.ts";
import { refusalCodes, untoldCodes } from "@evenkeel/core/plan/refusal.ts";
import { needCodes } from "@evenkeel/core/prepare/preparation.ts";
import { preflightCodes } from "@evenkeel/core/preflight/problem.ts";
import { mergeFindingCodes } from "@evenkeel/core/topology/merge/finding.ts";
import { topologyWarningCodes } from "@evenkeel/core/topology/warnings/warning.ts";
import { findingCodes } from "@evenkeel/core/verify/verdict/finding-codes.ts";
import { expect, test } from "vitest";
import { causesReference, checksReference } from "./causes-reference.ts";
import {
  documentReference,
  documentsOverview,
  fileOfKind,
  writtenKinds,
} from "./documents-reference.ts";
import { evenkeel } from "../testing/evenkeel.ts";
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
  expect(documented("Needs of a machine")).toEqual(needCodes);
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

const reference = (file: string): string => new URL(`reference/${file}`, docs).pathname;

test.each(documentKinds)("docs/reference has the page of %s as its schema has it", async (kind) => {
  const page = reference(`${fileOfKind(kind)}.md`);
  const textOf = (file: string): string => readFileSync(reference(`examples/${file}`), "utf8");
  await expect(documentReference(kind, textOf)).toMatchFileSnapshot(page);
});

/** The cells of every row of a page's tables. */
function rowsOf(kind: string): readonly (readonly string[])[] {
  const page = readFileSync(reference(`${fileOfKind(kind)}.md`), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.slice(2, -2).split(/(?<!\\) \| /));
}

test.each(documentKinds)("every field of %s is on its page, with values and an example", (kind) => {
  if (!isDocumentKind(kind)) throw new TypeError(`${kind} is no kind`);
  const rows = rowsOf(kind);
  const lacking = rows.filter(
    ([, value = "", , meaning = "", example = "", ...others]) =>
      value.length < 4 || meaning.length < 5 || example.length < 3 || others.length > 0,
  );
  expect(lacking).toEqual([]);
  const missing = new Set<string>();
  const visit = (schema: JsonSchema): void => {
    for (const [name, field] of objectsIn(schema).flatMap(propertiesOf)) {
      if (rows.every(([told]) => told !== `\`${name}\``)) missing.add(name);
      const isPart = objectsIn(field).every(({ title = "" }) => !isDocumentKind(title));
      if (isPart) visit(field);
    }
  };
  visit(jsonSchemaOf(kind));
  expect([...missing]).toEqual([]);
});

test.each(writtenKinds)(
  "docs/reference/schema has what evenkeel schema %s prints",
  async (kind) => {
    const { stdout } = await evenkeel(["schema", kind]);
    await expect(stdout).toMatchFileSnapshot(reference(`schema/${fileOfKind(kind)}.json`));
  },
);

test("docs/reference has its overview, and no other file", async () => {
  await expect(documentsOverview()).toMatchFileSnapshot(reference("README.md"));
  const names = (folder: string): string[] => readdirSync(reference(folder)).toSorted();
  const pages = ["README.md", ...documentKinds.map((kind) => `${fileOfKind(kind)}.md`)];
  expect(names(".").filter((name) => name.endsWith(".md"))).toEqual(pages.toSorted());
  expect(names("schema")).toEqual(
    writtenKinds.map((kind) => `${fileOfKind(kind)}.json`).toSorted(),
  );
});
