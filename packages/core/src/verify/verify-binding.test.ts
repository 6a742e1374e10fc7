import { expect, test } from "vitest";
import { mapping, program, thread } from "../../testing/explain/program.ts";
import { malformed } from "../../testing/remedy/malformed.ts";
import type { BindingPromise } from "../binding/promise.ts";
import type { Evidence, MemoryMapping } from "../evidence/evidence.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import type { FindingCode } from "./verdict/finding-codes.ts";
import type { Severity, Verdict } from "./verdict/verdict.ts";
import { verifyBinding } from "./verify-binding.ts";

const promise: BindingPromise = {
  cpus: "0-7,16-23",
  memory: "strict",
  memoryNodes: "0",
  mode: "node",
  accelerators: ["0000:1b:00.0"],
};
const policy = { mode: "bind", nodes: "0" };

/** A process that is as it was bound, and of whose variables nothing is left. */
function bound(change: Partial<Evidence> = {}): Evidence {
  return program({ memory: [mapping({ policy })], ...change });
}

function judge(processes: readonly Evidence[], change: Partial<BindingPromise> = {}): Verdict {
  const takenAt = "2026-01-31T12:00:00.000Z";
  return verifyBinding({
    pid: 5000,
    host: "h",
    takenAt,
    promise: { ...promise, ...change },
    processes,
  });
}

const on = (bytesOn: Readonly<Record<number, number>>, change: Partial<MemoryMapping> = {}) => ({
  memory: [
    mapping({
      policy,
      onNodes: Object.entries(bytesOn).map(([node, bytes]) => ({ node: Number(node), bytes })),
      ...change,
    }),
  ],
});

test("a command that is as it was bound holds, and it is said of what", () => {
  const verdict = judge([bound()]);
  expect(verdict).toMatchObject({ vm: "process-5000", scope: "process", holds: true });
  expect([verdict.findings, verdict.unverified]).toEqual([[], []]);
  expect(verdict.verified).toEqual([
    { what: "threads of process 5000", found: "all 2 keep to CPUs 0-7,16-23" },
    { what: "memory of process 5000", found: "16 GiB on node 0; page cache left out" },
  ]);
});

interface Sabotage {
  readonly name: string;
  readonly evidence: Evidence;
  readonly promise?: Partial<BindingPromise>;
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly tells: string;
}

const widened = bound({ threads: [thread(5000), thread(5001, { allowedCpus: "0-31" })] });
const half = bound(on({ 0: 10 * GiB, 1: 6 * GiB }));

const sabotages: readonly Sabotage[] = [
  {
    name: "a thread that may run everywhere",
    evidence: widened,
    code: "binding-threads",
    severity: "error",
    tells: "1 of 2 may run elsewhere: thread 5001 (python3) on CPUs 0-31",
  },
  {
    name: "a thread that may run elsewhere alone",
    evidence: bound({ threads: [thread(5000, { allowedCpus: "8" }), thread(5001)] }),
    code: "binding-threads",
    severity: "error",
    tells: "thread 5000 (python3) on CPUs 8",
  },
  {
    name: "memory on the other node",
    evidence: half,
    code: "binding-memory",
    severity: "error",
    tells: "37.5 % on node 1 (6442450944 bytes)",
  },
  {
    name: "64 MiB of a terabyte",
    evidence: bound(on({ 0: 1024 * GiB, 1: 64 * MiB })),
    code: "binding-memory",
    severity: "error",
    tells: "64 MiB elsewhere",
  },
  {
    name: "memory on the other node, by preference",
    evidence: half,
    promise: { memory: "preferred" },
    code: "binding-memory",
    severity: "warning",
    tells: "6 GiB elsewhere",
  },
  {
    name: "memory without a policy",
    evidence: program(),
    code: "binding-policy",
    severity: "warning",
    tells: "has the policy default",
  },
  {
    name: "memory with another policy",
    evidence: bound({ memory: [mapping({ policy: { mode: "interleave", nodes: "0-1" } })] }),
    code: "binding-policy",
    severity: "warning",
    tells: "interleave:0-1",
  },
];

test.each(sabotages)("$name: $code", ({ evidence, promise: change, code, severity, tells }) => {
  const { holds, findings } = judge([bound(), evidence], change);
  expect(findings.map((one) => [one.code, one.severity])).toEqual([[code, severity]]);
  expect(findings[0]?.found).toContain(tells);
  expect(holds).toBe(severity !== "error");
  for (const { remedy } of findings) expect(malformed(remedy)).toEqual([]);
});

test("each thread is brought back by a command, which can be undone; pages are not", () => {
  const [threads] = judge([widened]).findings;
  expect(threads?.remedy.argv).toEqual([["taskset", "-pc", "0-7,16-23", "5001"]]);
  expect(threads?.remedy.undo).toEqual([["taskset", "-pc", "0-31", "5001"]]);
  const [memory] = judge([half]).findings;
  expect(memory?.remedy.argv).toEqual([["migratepages", "5000", "1", "0"]]);
  expect(memory?.remedy.undo).toBeNull();
});

test("of many threads and mappings the first eight are shown, and the others counted", () => {
  const threads = (count: number) =>
    Array.from({ length: count }, (_, i) => thread(5000 + i, { allowedCpus: "8" }));
  const memory = Array.from({ length: 9 }, () => mapping({ onNodes: [{ node: 1, bytes: GiB }] }));
  const [eight, nine] = [8, 9].map((count) => judge([bound({ threads: threads(count) })]).findings);
  expect(eight?.[0]?.found).toMatch(/thread 5007 \(python3\) on CPUs 8$/);
  expect(nine?.[0]?.found).toMatch(/thread 5007 \(python3\) on CPUs 8, 1 more$/);
  for (const { evidence } of [...(nine ?? []), ...judge([bound({ memory })]).findings]) {
    expect(evidence).toHaveLength(8);
  }
  // Of memory, and of its policy.
  expect(judge([bound({ memory })]).findings).toHaveLength(2);
});

test("more than 256 threads are not brought back one by one", () => {
  const remedy = (count: number) => {
    const threads = Array.from({ length: count }, (_, i) => thread(i, { allowedCpus: "8" }));
    return judge([bound({ threads })]).findings[0]?.remedy;
  };
  expect(remedy(256)?.argv).toHaveLength(256);
  expect(remedy(257)?.argv).toBeNull();
});

test("a finding tells what was promised, and each policy once", () => {
  const others = ["interleave", "interleave", "weighted interleave"];
  const memory = others.map((mode) => mapping({ policy: { mode, nodes: "0-1" } }));
  const [finding] = judge([bound({ memory: [...memory, mapping({})] })]).findings;
  expect(finding?.promised).toBe("CPUs 0-7,16-23, memory of node 0 (strict)");
  expect(finding?.found).toBe(
    "64 GiB of its memory has the policy interleave:0-1, weighted interleave:0-1, default",
  );
  const [memoryAlone] = judge([bound({ memory })], { cpus: null }).findings;
  expect(memoryAlone?.promised).toBe("CPUs as they were, memory of node 0 (strict)");
});

test("a little memory elsewhere is told where it holds", () => {
  const { verified } = judge([bound(on({ 0: MiB, 1: MiB / 2 }))]);
  expect(verified[1]?.found).toBe("1 MiB on node 0, 512 KiB elsewhere; page cache left out");
});

test("nodes elsewhere are told in order; pages of an unknown process are not moved", () => {
  const onNodes = [3, 1, 2].map((node) => ({ node, bytes: GiB }));
  const memory = [mapping({ policy, onNodes })];
  const [finding] = judge([bound({ memory, process: null })]).findings;
  expect(finding?.found).toMatch(/ on node 1 .* on node 2 .* on node 3 /);
  expect(finding?.remedy.argv).toBeNull();
});

test("what lies elsewhere is shown alone", () => {
  const there = [
    { node: 1, bytes: GiB },
    { node: 2, bytes: 0 },
  ];
  const memory = [
    mapping({ policy }),
    mapping({ policy, onNodes: there, line: "with some elsewhere" }),
    mapping({ policy, onNodes: [{ node: 2, bytes: 0 }] }),
  ];
  const [finding] = judge([bound({ memory })]).findings;
  expect(finding?.found).toMatch(/: 5\.9 % on node 1 \(1073741824 bytes\)$/);
  expect(finding?.evidence).toEqual(["/proc/5000/numa_maps: with some elsewhere"]);
});

test.each([
  [MiB, 50 * MiB, true],
  [MiB - 4096, 2 * MiB, false],
  [MiB, 51 * MiB, false],
  [64 * MiB, 1024 * GiB, true],
  [64 * MiB - 4096, 1024 * GiB, false],
])("%i bytes elsewhere of %i in all: %s", (bytes, all, isNoticed) => {
  const { holds } = judge([bound(on({ 0: all - bytes, 1: bytes }))]);
  expect(holds).toBe(!isNoticed);
});

test.each<[string, Evidence]>([
  ["fewer CPUs", bound({ threads: [thread(5000), thread(5001, { allowedCpus: "3" })] })],
  ["the page cache of a library elsewhere", bound(on({ 1: GiB }, { kind: "file" }))],
  ["512 KiB elsewhere", bound(on({ 0: MiB, 1: MiB / 2 }))],
  ["20 MiB of 16 GiB elsewhere", bound(on({ 0: 16 * GiB, 1: 20 * MiB }))],
  [
    "a policy of the thread's own node",
    bound({ memory: [mapping({ policy: { mode: "local", nodes: "" } })] }),
  ],
  ["a policy that was not read", bound({ memory: [mapping({ policy: null })] })],
  [
    "a preference for its node",
    bound({ memory: [mapping({ policy: { mode: "prefer", nodes: "0" } })] }),
  ],
])("%s is no matter", (_, evidence) => {
  expect(judge([evidence])).toMatchObject({ holds: true, findings: [] });
});

test("memory on a node without CPUs, as a GPU's is, is said and not accused", () => {
  const nodes = [
    { id: 0, cpus: "0-7,16-23" },
    { id: 8, cpus: "" },
  ];
  const evidence = bound({ ...on({ 0: 16 * GiB, 1: MiB / 2, 8: 40 * GiB }), nodes });
  const { holds, findings, unverified } = judge([evidence]);
  expect([holds, findings]).toEqual([true, []]);
  expect(unverified).toMatchObject([{ essential: false }]);
  expect(unverified[0]?.why).toMatch(/^40 GiB lie on nodes without CPUs/);
  expect(judge([{ ...evidence, nodes: [] }]).holds).toBe(false);
});

test.each<[string, Evidence]>([
  ["threads", bound({ threads: null })],
  [
    "where one thread may run",
    bound({ threads: [thread(5000), thread(5001, { allowedCpus: null })] }),
  ],
  ["memory", bound({ memory: null })],
])("where the %s could not be read it does not hold, and accuses nobody", (_, evidence) => {
  const { holds, findings, unverified } = judge([evidence]);
  expect([holds, findings]).toEqual([false, []]);
  expect(unverified.some(({ essential }) => essential)).toBe(true);
});

test("what was bound anew is held against its own binding", () => {
  const { process } = program();
  const own = { ...promise, cpus: "8-15", memoryNodes: "1" };
  const anew = bound({
    process: process === null ? null : { ...process, binding: own },
    threads: [thread(5000, { allowedCpus: "8-15" })],
    ...on({ 1: GiB }, { policy: { mode: "bind", nodes: "1" } }),
  });
  expect(judge([bound(), anew]).holds).toBe(true);
});

test("CPUs alone hold without memory, and a binding to nothing holds nothing", () => {
  const none = { memory: "none", memoryNodes: null } as const;
  expect(judge([half], none)).toMatchObject({ holds: true, findings: [] });
  expect(judge([bound()], { ...none, cpus: null }).holds).toBe(false);
});

test("without a binding, or without the command, nothing holds", () => {
  const about = { pid: 5000, host: "h", takenAt: "2026-01-31T12:00:00.000Z" };
  expect(verifyBinding({ ...about, promise: null, processes: [bound()] }).holds).toBe(false);
  const gone = verifyBinding({ ...about, promise, processes: { why: "it has ended" } });
  expect(gone).toMatchObject({ holds: false, unverified: [{ why: "it has ended" }] });
});
