import { explain } from "@evenkeel/core/explain/explain.ts";
import { examine } from "@evenkeel/core/explain/examine.ts";
import { explanationPage } from "@evenkeel/core/explain/draw/explanation-page.ts";
import { alterations } from "@evenkeel/core/testing/explain/altered/alterations.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { expect, test } from "vitest";
import { diagnosisText } from "./diagnosis-text.ts";
import { answerOf, explanationText } from "./explanation-text.ts";
import { painter } from "./paint.ts";

const view = { width: 80, paint: painter(false) };
const [clean, twin] = [cleanVm(0), cleanVm(1)];
const altered = (code: string) => {
  const found = alterations.find((one) => one.code === code);
  if (found === undefined) throw new Error(`no alteration for ${code}`);
  return found.alter(clean);
};

test("an explanation begins with who is slower and by how much, and the dearest cause", () => {
  const text = explanationText(explain(altered("memory-unbound"), twin, { gap: 0.25 }), view);
  expect(text.split("\n").slice(0, 11).join("\n")).toMatchInlineSnapshot(`
    "llm-a is 21 % slower than llm-b by what has a price. Of the 25 % that you
    measured, 20.6 % is explained and 4.4 % is not.

    1. llm-a: 21 % slower (modelled): memory (memory-unbound)
       what      memory has no policy, so its pages went to whichever node touched
                 them first
       found     no policy: each page is on the node that touched it first
       expected  bound to node 0 before its first page
       leads to  memory-off-node
       seen in   /proc/4711/numa_maps: 7f0000000000 bind:0 huge N0=16
                 kernelpagesize_kB=1048576"
  `);
});

test("where nothing sets the two apart, the answer is complete: looked at, not looked at, next", () => {
  const blind = { ...twin, guest: null };
  const text = explanationText(explain(clean, blind, { gap: 0.2 }), view);
  expect(text).toMatch(/^Nothing that was looked at sets llm-a and llm-b apart: placement/);
  expect(text).toContain("0 % is explained and 20 % is not");
  for (const heading of ["in order in both", "next"]) expect(text).toContain(`\n${heading}\n`);
});

test("of a record that tells little, the reasons fit a screen and the rest is counted", () => {
  const nothing = { process: null, threads: null, memory: null, machine: null, guest: null };
  const blank = { ...clean, ...nothing, cgroups: [], devices: [], shapes: [] };
  const explanation = explain(blank, { ...blank, name: "llm-b" });
  const lines = explanationText(explanation, view).split("\n");
  expect(lines.length).toBeLessThan(50);
  const told = explanation.unchecked.filter(({ code }) =>
    lines.some((line) => new RegExp(`\\b${code}\\b`).test(line)),
  ).length;
  const [, left] = /(\d+) causes more, which --output json/.exec(lines.join("\n")) ?? [];
  expect(told + Number(left)).toBe(explanation.unchecked.length);
});

test.each(alterations)("every line of $code fits the terminal, in both texts", ({ alter }) => {
  const evidence = alter(clean);
  const texts = [
    explanationText(explain(evidence, twin), view),
    diagnosisText(examine("twin-host", [evidence]), view),
  ];
  for (const text of texts) {
    const long = text.split("\n").filter((line) => line.length > 80 && line.includes(" "));
    expect(long).toEqual([]);
  }
});

test("a page has both sides, every difference, and nothing that it would have to load", () => {
  const evil = { ...altered("memory-off-node"), name: "</style><script>alert(1)</script>\u0007" };
  const explanation = explain(evil, twin);
  const page = explanationPage(explanation, [evil, twin], answerOf(explanation));
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page.match(/<svg /g)).toHaveLength(2);
  for (const { code, found } of explanation.differences) {
    expect(page).toContain(code);
    expect(page).toContain(found.slice(0, 20));
  }
  expect(page).not.toMatch(/<script|<link|<img|src=|url\(|@import|undefined|NaN/);
  expect(explanationPage(explanation, [evil, twin], answerOf(explanation))).toBe(page);
});
