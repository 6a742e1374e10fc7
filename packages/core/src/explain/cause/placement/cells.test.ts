import { expect, test } from "vitest";
import { twoCellVm } from "../../../../testing/explain/two-cells.ts";
import type { Evidence, MemoryMapping, ThreadEvidence } from "../../../evidence/evidence.ts";
import { GiB } from "../../../unit/bytes.ts";
import { diagnose } from "../../diagnose.ts";
import { placementCauses } from "../../placement-causes.ts";
import { subjectOf } from "../../subject/subject.ts";

/**
 * A guest with several nodes belongs on several of the host's, each of its own on one. Taken as a
 * whole it would be at home wherever its halves lie.
 */

const vm = twoCellVm();

const found = (evidence: Evidence) =>
  diagnose(subjectOf(evidence), null, placementCauses).found.map(({ cause, cost, ...rest }) => {
    return { code: cause.code, slowdown: cost.slowdown, ...rest };
  });

function vcpus(change: (id: number) => Partial<ThreadEvidence>): Evidence {
  const threads = (vm.threads ?? []).map((one) =>
    one.role?.kind === "vcpu" ? { ...one, ...change(one.role.id) } : one,
  );
  return { ...vm, threads };
}

function memory(change: (cell: number | null) => Partial<MemoryMapping>): Evidence {
  return { ...vm, memory: (vm.memory ?? []).map((one) => ({ ...one, ...change(one.cell) })) };
}

test("each guest node on a node of its own is in order", () => {
  expect(found(vm)).toEqual([]);
});

test("vCPUs of one guest node on the other's node", () => {
  const swapped = vcpus((id) => (id < 4 ? { allowedCpus: `${12 + id}` } : {}));
  expect(found(swapped)).toMatchObject([
    { code: "vcpus-off-node", expected: expect.stringContaining("guest node 1 on node 1") },
  ]);
  expect(found(swapped)[0]?.slowdown).toBeGreaterThan(1);
  const [first] = found(swapped);
  expect(first?.remedy.argv?.[0]?.slice(0, 5)).toEqual([
    "virsh",
    "vcpupin",
    "llm-a",
    "0",
    "0-7,16-23",
  ]);
});

test("vCPUs that float over both nodes", () => {
  const floating = vcpus(() => ({ allowedCpus: "0-31" }));
  expect(found(floating)).toMatchObject([{ code: "vcpus-float" }]);
  expect(found(floating)[0]?.slowdown).toBeGreaterThan(1);
});

test("the memory of both guest nodes the other way round is not where the guest is told", () => {
  const swapped = memory((cell) => {
    const node = cell === 0 ? 1 : 0;
    return { policy: { mode: "bind", nodes: `${node}` }, onNodes: [{ node, bytes: 16 * GiB }] };
  });
  expect(found(swapped)).toEqual([]);
  const [first, ...rest] = diagnose(subjectOf(swapped), null).found;
  expect([first?.cause.code, rest]).toEqual(["vnuma-untrue", []]);
  expect(first?.cost.slowdown).toBeGreaterThan(1);
});

test("vCPUs of a whole guest node on the other's node are told once", () => {
  const moved = vcpus((id) =>
    id < 8 ? { allowedCpus: `${8 + Math.floor(id / 2) + (id % 2) * 16}` } : {},
  );
  const [first, ...rest] = diagnose(subjectOf(moved), null).found;
  expect([first?.cause.code, first?.leadsTo, rest]).toEqual([
    "vcpus-off-node",
    ["threads-crowded", "vnuma-untrue"],
    [],
  ]);
});

test("without accelerators a guest node belongs where most of its memory is", () => {
  const plain = (evidence: Evidence): Evidence => ({
    ...evidence,
    devices: [],
    shapes: evidence.shapes.map((shape) => ({ ...shape, devices: [] })),
  });
  // As wide as both nodes by its memory.
  const wide = memory((cell) => ({ onNodes: [{ node: cell === 1 ? 1 : 0, bytes: 50 * GiB }] }));
  expect(found(plain(wide))).toEqual([]);
  const threads = vcpus((id) => (id < 4 ? { allowedCpus: `${12 + id}` } : {})).threads;
  expect(found(plain({ ...wide, threads }))).toMatchObject([{ code: "vcpus-off-node" }]);
});
