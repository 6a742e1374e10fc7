import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { contradictions } from "../check.ts";
import { deviceModels } from "../device-models.ts";
import { syntheticTopology } from "./build.ts";
import { parseSynthetic } from "./parse.ts";
import { printSynthetic } from "./print.ts";

const document = readFileSync(
  resolve(import.meta.dirname, "../../../../../docs/synthetic.md"),
  "utf8",
);

function blocks(kind: string): string[] {
  return document
    .split(`\n\`\`\`${kind}\n`)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf("\n```")));
}

function failure(text: string): EvenkeelError {
  try {
    syntheticTopology(text);
  } catch (error) {
    if (error instanceof EvenkeelError) return error;
    throw error;
  }
  throw new Error(`"${text}" was understood`);
}

test.each(blocks("machine"))("documented machine: %s", (text) => {
  expect(contradictions(syntheticTopology(text))).toEqual([]);
  const machine = parseSynthetic(text);
  // The examples are written in the canonical order, so that they show what is printed too.
  expect(printSynthetic(machine)).toBe(text.replaceAll("\n", " "));
});

test.each(blocks("malformed"))("documented error: %s", (block) => {
  const [text = "", shown = ""] = block.split("\n");
  const { message, remedy } = failure(text);
  expect([message, remedy].filter((part) => part !== null).join(" | ")).toBe(shown);
});

test("every word and every model is documented", () => {
  expect(blocks("machine").length).toBeGreaterThan(5);
  expect(blocks("malformed").length).toBeGreaterThan(4);
  const words = failure("unknown").expected?.replace("one of ", "").split(", ") ?? [];
  expect(words).toContain("package");
  for (const word of words) expect(document).toMatch(new RegExp(`\`[^\`]*\\b${word}\\b`));
  for (const { key } of deviceModels) expect(document).toContain(`\`${key}\``);
});
