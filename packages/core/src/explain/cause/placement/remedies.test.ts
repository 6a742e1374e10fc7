import { expect, test } from "vitest";
import { cleanVm } from "../../../../testing/explain/clean.ts";
import { mapping, onTopology, program, thread } from "../../../../testing/explain/program.ts";
import { twoCellVm } from "../../../../testing/explain/two-cells.ts";
import type { CgroupEvidence, Evidence } from "../../../evidence/evidence.ts";
import { liveSteps } from "../../../fix/live-step.ts";
import type { Remedy } from "../../../remedy/remedy.ts";
import { GiB } from "../../../unit/bytes.ts";
import { at } from "../../../unit/list.ts";
import { diagnose } from "../../diagnose.ts";
import { placementCauses } from "../../placement-causes.ts";
import { subjectOf } from "../../subject/subject.ts";

/** What may be run on a subject while it works, and what is left to people. */

const vm = cleanVm(0);

function remedyOf(code: string, evidence: Evidence): Remedy {
  const { found } = diagnose(subjectOf(evidence), null, placementCauses);
  const one = found.find(({ cause }) => cause.code === code);
  if (one === undefined) throw new Error(`${code} was not found`);
  return one.remedy;
}

const elsewhere = [
  { node: 0, bytes: 10 * GiB },
  { node: 1, bytes: 6 * GiB },
];

/** The evidence with a part of its memory on node 1. */
const divided = (evidence: Evidence): Evidence => ({
  ...evidence,
  memory: (evidence.memory ?? []).map((one) => ({ ...one, onNodes: elsewhere })),
});

/** A VM without devices of its own, whose VFIO files were read as given. */
const plainVm = (vfioFiles: readonly string[] | null): Evidence => ({
  ...vm,
  devices: [],
  shapes: vm.shapes.map((shape) => ({ ...shape, devices: [] })),
  process: vm.process === null ? null : { ...vm.process, vfioFiles },
});

test("pages move while nothing pins them: VFIO does, and of a VM it may where nobody looked", () => {
  const moved = { when: "live", argv: [["migratepages", "4711", "1", "0"]], undo: null };
  expect(remedyOf("memory-off-node", divided(plainVm([])))).toMatchObject(moved);
  for (const pinned of [plainVm(["/dev/vfio/1"]), plainVm(null), vm]) {
    const { when, argv, text } = remedyOf("memory-off-node", divided(pinned));
    expect([when, argv]).toEqual(["restart", null]);
    expect(text).toContain("Stop the VM");
  }
  // A process pins no more than what it registers, whatever it has open.
  const process = program({ memory: [mapping({ onNodes: elsewhere })] });
  expect(remedyOf("memory-unbound", process)).toMatchObject({
    ...moved,
    argv: [["migratepages", "5000", "1", "0"]],
  });
  expect(remedyOf("memory-unbound", { ...process, process: null }).argv).toBeNull();
});

test("of a guest with several nodes no pages move: each node's belong elsewhere", () => {
  const two = twoCellVm();
  const far = {
    ...two,
    devices: [],
    process: two.process === null ? null : { ...two.process, vfioFiles: [] },
    memory: (two.memory ?? []).map((one) => ({
      ...one,
      policy: { mode: "bind", nodes: "2" },
      onNodes: [{ node: 2, bytes: 16 * GiB }],
    })),
  };
  const { argv, text } = remedyOf("memory-bound-elsewhere", far);
  expect(argv).toBeNull();
  expect(text).toContain("each guest node's on its own");
});

test("interrupts are routed by number, and back where it is known; those of a driver by people", () => {
  const routed = (driver: string, allowedCpus: string | null): Evidence => ({
    ...vm,
    devices: vm.devices.slice(0, 1).map((device) => ({
      ...device,
      driver,
      interrupts: [33, 34].map((number) => ({
        number,
        allowedCpus,
        effectiveCpus: "9",
        raisedCount: 5,
        sharedWith: [],
      })),
    })),
  });
  const to = (cpus: string): Remedy["argv"] =>
    [33, 34].map((number) => ["shuf", "-e", cpus, "-o", `/proc/irq/${number}/smp_affinity_list`]);
  const own = remedyOf("interrupts-far", routed("vfio-pci", "8-15"));
  expect([own.argv, own.undo]).toEqual([to("0-7,16-23"), to("8-15")]);
  expect(liveSteps(own)).toHaveLength(2);
  expect(remedyOf("interrupts-far", routed("vfio-pci", null)).undo).toBeNull();
  const hosts = onTopology(routed("nvidia", "8-15"), ({ pci }) => ({
    pci: pci.map((one) => ({ ...one, interrupts: { allowedCpus: "8-15", effectiveCpus: "9" } })),
  }));
  expect(remedyOf("interrupts-far", hosts)).toMatchObject({ when: "live", argv: null, undo: null });
});

test("threads are pinned by number, and back, unless the cpuset of one keeps it from there", () => {
  const cgroup = (path: string, cpus: string): CgroupEvidence => ({
    ...at(vm.cgroups, 0),
    path,
    cpus,
    effectiveCpus: cpus,
  });
  const floating = (second: string): Evidence =>
    program({
      threads: [5000, 5001].map((tid, i) =>
        thread(tid, { allowedCpus: "0-31", lastCpu: 9, cgroup: i === 0 ? "/wide" : second }),
      ),
      cgroups: [cgroup("/wide", "0-31"), cgroup("/narrow", "0-3")],
    });
  const home = "0-7,16-23";
  const free = remedyOf("vcpus-float", floating("/wide"));
  expect(free.argv).toEqual([5000, 5001].map((tid) => ["taskset", "-pc", home, `${tid}`]));
  expect(free.undo).toEqual([5000, 5001].map((tid) => ["taskset", "-pc", "0-31", `${tid}`]));
  expect(liveSteps(free)).toHaveLength(2);
  const narrowed = remedyOf("vcpus-float", floating("/narrow"));
  expect([narrowed.argv, narrowed.when]).toEqual([null, "live"]);
  expect(narrowed.text).toContain("Widen the cpuset");
});
