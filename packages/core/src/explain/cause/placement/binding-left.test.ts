import { expect, test } from "vitest";
import { mapping, onTopology, program, thread } from "../../../../testing/explain/program.ts";
import type { BindingPromise } from "../../../binding/promise.ts";
import type { Evidence } from "../../../evidence/evidence.ts";
import { GiB } from "../../../unit/bytes.ts";
import { diagnose } from "../../diagnose.ts";
import { subjectOf } from "../../subject/subject.ts";
import { bindingLeft } from "./binding-left.ts";

const promise: BindingPromise = {
  cpus: "0-7,16-23",
  memory: "strict",
  memoryNodes: "0",
  mode: "node",
  accelerators: [],
};

function bound(binding: BindingPromise | null, change: Partial<Evidence> = {}): Evidence {
  const evidence = program(change);
  return {
    ...evidence,
    process: evidence.process === null ? null : { ...evidence.process, binding },
  };
}

const kind = (evidence: Evidence): string => bindingLeft.judge(subjectOf(evidence), null).kind;

const wide = { threads: [thread(5000, { allowedCpus: "0-31" })] };
const away = {
  memory: [
    mapping({
      policy: { mode: "bind", nodes: "0" },
      onNodes: [
        { node: 0, bytes: GiB },
        { node: 1, bytes: GiB },
      ],
    }),
  ],
};

test.each<[string, string, Evidence]>([
  ["kept", "acquitted", bound(promise)],
  ["left by a thread", "accused", bound(promise, wide)],
  ["left by memory", "accused", bound(promise, away)],
  ["narrowed", "acquitted", bound(promise, { threads: [thread(5000, { allowedCpus: "2" })] })],
  [
    "left by memory that only prefers",
    "acquitted",
    bound({ ...promise, memory: "preferred" }, away),
  ],
  ["without CPUs", "acquitted", bound({ ...promise, cpus: null }, wide)],
  ["without memory", "acquitted", bound({ ...promise, memory: "none", memoryNodes: null }, away)],
  ["none", "acquitted", bound(null, { ...wide, ...away })],
  ["with threads that nobody read", "unknown", bound(promise, { threads: null })],
  ["with memory that nobody read", "unknown", bound(promise, { memory: null })],
  ["that nobody may read", "unknown", bound(null, { memory: null })],
  ["of a process that was not read", "unknown", { ...bound(promise), process: null }],
  ["of a machine", "irrelevant", { ...bound(promise, wide), of: "machine" }],
  [
    "on a machine of which nothing was read",
    "unknown",
    bound(promise, { ...away, machine: null, nodes: null, cores: null, devices: [] }),
  ],
])("a binding %s: %s", (_, expected, evidence) => {
  expect(kind(evidence)).toBe(expected);
});

test("what is kept to is told", () => {
  const told = (change: Partial<BindingPromise>) =>
    bindingLeft.judge(subjectOf(bound({ ...promise, ...change })), null);
  const none = { memory: "none", memoryNodes: null } as const;
  expect(told(none)).toMatchObject({
    found: "it keeps to its binding: CPUs 0-7,16-23, memory as it was",
  });
});

test("of many mappings the first four are shown", () => {
  const memory = Array.from({ length: 5 }, () => mapping({ onNodes: [{ node: 1, bytes: GiB }] }));
  const answer = bindingLeft.judge(subjectOf(bound(promise, { memory })), null);
  expect(answer).toMatchObject({ accusations: [{ about: "memory", evidence: { length: 4 } }] });
});

test("memory of a GPU is in order; of a node of which nothing is known, nobody can tell", () => {
  const withNode = (of: "gpu" | "cxl" | null): Evidence =>
    onTopology(bound(promise, away), ({ nodes }) => ({
      nodes: nodes.map((node) => (node.id === 1 ? { ...node, cpus: "", kind: of } : node)),
    }));
  expect((["gpu", "cxl", null] as const).map((of) => kind(withNode(of)))).toEqual([
    "acquitted",
    "accused",
    "unknown",
  ]);
});

test("threads on the other node and memory there are told once, as effects of it", () => {
  const threads = [thread(5000, { allowedCpus: "8-15" })];
  const { found } = diagnose(subjectOf(bound(promise, { threads, ...away })), null);
  const codes = found.map(({ cause }) => cause.code);
  expect(codes).toContain("binding-left");
  for (const effect of ["vcpus-off-node", "memory-off-node"]) expect(codes).not.toContain(effect);
  expect(found.find(({ cause }) => cause === bindingLeft)?.leadsTo).toEqual(
    expect.arrayContaining(["vcpus-off-node", "memory-off-node"]),
  );
});
