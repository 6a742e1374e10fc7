import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { expect, test } from "vitest";
import { refuseSame } from "./refuse-same.ts";

const [a, b] = [cleanVm(0), cleanVm(1)];

test("a VM by its name and by its process is one", () => {
  const later = { ...a, takenAt: "2026-01-31T12:00:01.000Z" };
  const both = () => refuseSame({ word: "llm-a", evidence: a }, { word: "4711", evidence: later });
  expect(both).toThrow('"4711" is the same, process 4711');
});

test("two VMs are two, and so is a VM beside a record of it", () => {
  refuseSame({ word: "llm-a", evidence: a }, { word: "llm-b", evidence: b });
  refuseSame({ word: "llm-a", evidence: a }, { word: "./llm-a.json", evidence: a });
});
