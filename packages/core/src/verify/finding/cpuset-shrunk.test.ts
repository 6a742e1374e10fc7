import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import type { Remedy } from "../../remedy/remedy.ts";
import { verify } from "../verify.ts";

const plan = planOf({ cells: [{ cores: 1 }] });
const file = "/sys/fs/cgroup/machine.slice/vm.scope";

/**
 * The remedy for the VM's cgroup, given the CPUs or nodes that it asks for and those that it has.
 */
function remedyFor(
  what: "cpus" | "nodes",
  asked: string,
  effective: string,
  hasLibvirt = false,
): Remedy | undefined {
  const evidence = asPlanned(plan);
  const change =
    what === "cpus"
      ? { cpus: asked, effectiveCpus: effective }
      : { nodes: asked, effectiveNodes: effective };
  const cgroups = evidence.cgroups.map((one) => ({ ...one, ...change }));
  const shapes = evidence.shapes.filter(({ source }) => hasLibvirt || source !== "libvirt");
  const { findings } = verify(plan, { ...evidence, cgroups, shapes });
  return findings.find(({ code }) => code === "cpuset-shrunk")?.remedy;
}

test("a cpuset that is as planned needs no remedy", () => {
  const all = asPlanned(plan).cgroups[0]?.cpus ?? "";
  expect(remedyFor("cpus", all, all)).toBeUndefined();
});

test("a cpuset that is narrow itself is widened, and its threads are put back", () => {
  const remedy = remedyFor("cpus", "900", "900");
  expect(remedy?.argv).toEqual([
    ["shuf", "-e", "0-3,900", "-o", `${file}/cpuset.cpus`],
    ["taskset", "-pc", "0-1", "4711"],
    ["taskset", "-pc", "0-1", "4801"],
    ["taskset", "-pc", "2", "5000"],
    ["taskset", "-pc", "3", "5001"],
  ]);
  expect(remedy?.undo?.at(-1)).toEqual(["shuf", "-e", "900", "-o", `${file}/cpuset.cpus`]);
  expect(remedyFor("nodes", "9", "9")).toMatchObject({
    argv: [["shuf", "-e", "0,9", "-o", `${file}/cpuset.mems`]],
    undo: null,
  });
});

test("CPUs and nodes that both lack are one remedy, without an undo that would move pages", () => {
  const evidence = asPlanned(plan);
  const narrow = { cpus: "900", effectiveCpus: "900", nodes: "9", effectiveNodes: "9" };
  const cgroups = evidence.cgroups.map((one) => ({ ...one, ...narrow }));
  const shapes = evidence.shapes.filter(({ source }) => source !== "libvirt");
  const { findings } = verify(plan, { ...evidence, cgroups, shapes });
  const remedy = findings.find(({ code }) => code === "cpuset-shrunk")?.remedy;
  const files = remedy?.argv?.flatMap((command) =>
    command[0] === "shuf" ? command.slice(-1) : [],
  );
  expect(files).toEqual([`${file}/cpuset.cpus`, `${file}/cpuset.mems`]);
  expect(remedy?.undo).toBeNull();
});

test("libvirt widens the cpusets of its VMs itself", () => {
  expect(remedyFor("cpus", "900", "900", true)).toMatchObject({
    argv: [
      ["virsh", "vcpupin", "llm-a", "0", "2", "--live"],
      ["virsh", "vcpupin", "llm-a", "1", "3", "--live"],
      ["virsh", "emulatorpin", "llm-a", "0-1", "--live"],
      ["virsh", "iothreadpin", "llm-a", "1", "0-1", "--live"],
    ],
    when: "live",
  });
});

test("a cpuset that is narrowed from above is left to people: which one is narrow is not known", () => {
  for (const what of ["cpus", "nodes"] as const) {
    const all = asPlanned(plan).cgroups[0]?.[what] ?? "";
    const list = what === "cpus" ? "cpuset.cpus" : "cpuset.mems";
    for (const hasLibvirt of [false, true]) {
      const remedy = remedyFor(what, all, "900", hasLibvirt);
      expect(remedy?.text).toMatch(`to ${list} of the cgroup above ${file}`);
      expect(remedy).toMatchObject({ argv: null, undo: null });
    }
  }
});
