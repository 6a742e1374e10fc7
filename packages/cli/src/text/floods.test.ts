import type { Diagnosed } from "@evenkeel/core/explain/diagnosis.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { diffTopologies } from "@evenkeel/core/topology/diff/diff-topologies.ts";
import type { MergeFinding } from "@evenkeel/core/topology/merge/finding.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Finding, Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { replacedNames } from "@evenkeel/core/testing/topology/other-names.ts";
import { expect, test } from "vitest";
import { diagnosisText } from "./diagnosis-text.ts";
import { differencesText } from "./differences-text.ts";
import { writeNotes } from "./notes-text.ts";
import { refusalText } from "./refusal-text.ts";
import { findingsText } from "./remarks-text.ts";
import { verdictText } from "./verdict-text.ts";

/*
 * Answers about many things stay short on a terminal of 80 columns. What is equal is said once, and
 * what is left out is named with how to see it.
 */
const view = { width: 80, paint: (_: string, text: string) => text };

/** The lines of an answer, each within the terminal. */
function linesOf(text: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  return lines;
}

const hgx = catalogMachine("hgx-h100") ?? syntheticTopology("core:1");

const refusedBy = (names: readonly string[]): Refusal => {
  const vm = {
    apiVersion: "evenkeel/v1",
    kind: "VirtualMachine",
    metadata: { name: "llm" },
    spec: { accelerators: { count: 9 }, vcpus: 16, memory: "64Gi", hugepages: "1Gi" },
  } as const;
  const hosts = names.map((name) => ({
    topology: { ...hgx, name },
    taken: [],
    policy: defaultHostPolicy,
  }));
  const answer = place(hosts, resolveRequest(vm, []));
  if (answer.kind === "Plan") throw new Error("it fits");
  return answer;
};

test("a refusal by fifty equal hosts is one part, and by fifty others a few", () => {
  const refusal = refusedBy(Array.from({ length: 50 }, (_, i) => `hgx-${i}`));
  const lines = linesOf(refusalText(refusal, view));
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(lines).toContain("hgx-0, hgx-1, hgx-2 and 47 more");
  const others = refusal.hosts.map((one, i) => ({
    ...one,
    ways: one.ways.map((way) => ({ ...way, nodes: `${i}` })),
  }));
  const unequal = linesOf(refusalText({ ...refusal, hosts: others }, view));
  expect(unequal.length).toBeLessThanOrEqual(60);
  expect(unequal.at(-1)).toBe("and 42 more hosts, which --output json lists");
});

test("two great machines that differ in addresses, or in everything, take a screen", () => {
  const other = replacedNames(hgx, (name) => name.replace("0000:", "0001:"));
  const alike = linesOf(differencesText(["a", "b"], diffTopologies(hgx, other), view));
  expect(alike[0]).toBe("a and b are alike: the same devices at other addresses");
  expect(alike.length).toBeLessThanOrEqual(6);
  for (const [name, most] of [
    ["hgx-h200", 80],
    ["dgx-a100", 120],
    ["l40s-pcie", 120],
  ] as const) {
    const found = diffTopologies(hgx, catalogMachine(name) ?? hgx);
    const lines = linesOf(differencesText(["a", "b"], found, view));
    expect(lines.length, name).toBeLessThanOrEqual(most);
    expect(lines.some((line) => /^ {2}and \d+ more, which --output json lists$/.test(line))).toBe(
      true,
    );
  }
});

test("sixty-four VMs in order are one part of a diagnosis", () => {
  const checked = Array.from({ length: 40 }, (_, i) => ({ code: `cause-${i}`, found: "fine" }));
  const subject = (name: string): Diagnosed => ({
    name,
    of: "vm",
    takenAt: "2026-01-31T12:00:00.000Z",
    faults: [],
    checked,
    unchecked: [],
    checks: [],
  });
  const subjects = Array.from({ length: 64 }, (_, i) => subject(`vm-${i}`));
  const document = { apiVersion: "evenkeel/v1", kind: "Diagnosis", host: "h" } as const;
  const lines = linesOf(diagnosisText({ ...document, subjects }, view));
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines).toContain("VMs vm-0, vm-1, vm-2 and 61 more: in order");
  // One of which less could be looked at stands by itself.
  const unlike = { ...subject("vm-9"), checked: checked.slice(1) };
  const apart = diagnosisText({ ...document, subjects: subjects.with(9, unlike) }, view);
  expect(apart).toContain("\nVM vm-9: in order\n");
});

test("a verdict of a hundred findings tells the first in full, and where the others are", () => {
  const finding = (i: number): Finding => ({
    code: "vcpu-affinity",
    severity: "error",
    layer: "hypervisor",
    subject: `vCPU ${i}`,
    promised: `CPU ${i}`,
    found: `CPU ${i + 100}`,
    evidence: ["a", "b", "c"],
    cost: { slowdown: null, basis: "unknown" },
    remedy: { text: `pin vCPU ${i}`, argv: null, when: "live", undo: null },
  });
  const verdict: Verdict = {
    apiVersion: "evenkeel/v1",
    kind: "Verdict",
    vm: "vm",
    host: "h",
    takenAt: "now",
    scope: "host",
    holds: false,
    findings: Array.from({ length: 100 }, (_, i) => finding(i)),
    verified: [],
    unverified: [],
  };
  const lines = linesOf(verdictText(verdict, view));
  expect(lines.length).toBeLessThanOrEqual(150);
  expect(lines.slice(-2)).toEqual(["and 64 more", "--output json has all of them in full"]);
});

test("disagreements of sources end in how many more there are, and all are told beside JSON", () => {
  const findings = Array.from({ length: 90 }, (_, i): MergeFinding => ({
    code: "node-differs",
    subject: `node ${i}`,
    path: `nodes[${i}].cpus`,
    values: [],
    message: `node ${i} differs`,
  }));
  const lines = linesOf(findingsText(findings, view));
  expect(lines.at(-1)).toBe("- and 66 more of these, which are told with --output json");
  const notes = findings.map(({ message }) => message);
  const told = (options: { readonly all?: boolean }): string => {
    const written: string[] = [];
    const stderr = {
      write: (text: string) => void written.push(text),
      columns: null,
    };
    writeNotes(stderr, notes, options);
    return written.join("");
  };
  expect(told({}).split("\n")).toHaveLength(22);
  expect(told({ all: true }).split("\n")).toHaveLength(91);
});
