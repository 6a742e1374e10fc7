import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { type Remedy, sharedRemedies } from "@evenkeel/core/remedy/remedy.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startQemu, whyNoQemu } from "../../testing/qemu.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { systemClock } from "../clock/clock.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { readLiveEvidence } from "./read-live.ts";

const backend = (cell: number, more = ",host-nodes=0,policy=bind"): readonly string[] => [
  "-object",
  `memory-backend-ram,id=ram-node${cell},size=64M,prealloc=on${more}`,
];
const nodes = [
  "-numa",
  "node,nodeid=0,cpus=0,memdev=ram-node0",
  "-numa",
  "node,nodeid=1,cpus=1,memdev=ram-node1",
  "-numa",
  "dist,src=0,dst=1,val=21",
];
const base = ["-smp", "2,sockets=2,cores=1,threads=1", "-m", "128M"];
const threads = ["-object", "iothread,id=iothread1"];

const named = (vm: string): string[] => ["-name", `guest=${vm},debug-threads=on`];

/**
 * The plan of a VM of two cells on this machine's one node, whose threads float over all its CPUs.
 */
function planFor(vm: string, cpus: string): Plan {
  const plan = planOf({
    vm,
    isolation: "shared",
    distances: [
      [10, 21],
      [21, 10],
    ],
    cells: [0, 1].map(() => ({ hostNode: 0, cores: 1, memory: [{ node: 0, bytes: 64 * MiB }] })),
  });
  const cells = plan.cells.map((cell) => ({
    ...cell,
    vcpus: cell.vcpus.map(({ id }) => ({ id, cpus })),
  }));
  return { ...plan, cells, emulatorCpus: cpus, iothreads: [{ id: 1, cpus }] };
}

async function verdictOf(plan: Plan, pid?: number): Promise<Verdict> {
  const options = {
    host: "here",
    takenAt: "2026-01-31T12:00:00.000Z",
    pid,
    libvirtUri,
    guest: null,
    clock: systemClock,
  };
  return verify(plan, await readLiveEvidence(liveTree(), plan, options));
}

/** Of a libvirt that is not there. */
const libvirtUri = "test:///elsewhere";

const codes = ({ findings }: Verdict): string[] =>
  findings
    // Findings about the machine of the tests, and about what this VM was not rendered with.
    .filter(({ code }) => !["autonuma-on", "ksm-on", "contract-missing"].includes(code))
    .map(({ code, subject }) => `${code} ${subject}`);

function allowedCpus(): string {
  const text = spawnSync("grep", ["Cpus_allowed_list", "/proc/self/status"], { encoding: "utf8" });
  return text.stdout.replace("Cpus_allowed_list:", "").trim();
}

describe.skipIf(whyNoQemu !== null)("an emulator that really runs", () => {
  const cpus = whyNoQemu === null ? allowedCpus() : "";

  test("holds when it is as planned, and is found by its name", async () => {
    const vm = `held-${process.pid}`;
    await startQemu([...named(vm), ...base, ...threads, ...backend(0), ...backend(1), ...nodes]);
    const verdict = await verdictOf(planFor(vm, cpus));
    expect(codes(verdict)).toEqual([]);
    expect(verdict.unverified.filter(({ essential }) => essential)).toEqual([]);
    expect(verdict.holds).toBe(true);
    expect(verdict.verified.map(({ what, found }) => `${what}: ${found}`)).toEqual(
      expect.arrayContaining([
        "memory of cell 0: 64 MiB on node 0",
        "memory of cell 1: 64 MiB on node 0",
        "memory policy of cell 1: bind:0",
        "vCPUs: 2 of 2 may run on their own CPUs only",
        "the guest's distances: 10 21 / 21 10",
      ]),
    );
  });

  test("exactly the faults that a machine with one node can have are found", async () => {
    const vm = `off-${process.pid}`;
    const { pid } = await startQemu([
      ...named(vm),
      ...base,
      ...threads,
      ...backend(0),
      ...backend(1, ""),
      ...nodes,
    ]);
    const plan = planFor(vm, cpus);
    const policy = await verdictOf(plan);
    expect(codes(policy)).toEqual(["memory-policy cell 1"]);
    expect(policy.findings[0]?.found).toContain("default");
    // A plan of huge pages, which it does not have.
    const huge = { ...plan, cells: plan.cells.map((cell) => ({ ...cell, pageBytes: 2 * MiB })) };
    const sized = await verdictOf(huge);
    expect(codes(sized).filter((code) => code.startsWith("page-size"))).toHaveLength(2);
    expect(sized.findings.map(({ found }) => found)).toContain(
      "64 MiB (67108864 bytes) in 4 KiB pages",
    );
    // A plan of another node.
    const elsewhere = plan.cells.map((cell) => ({
      ...cell,
      hostNode: 1,
      memoryNodes: "1",
      memoryOnNodes: [{ node: 1, bytes: cell.memoryBytes }],
    }));
    const off = await verdictOf({ ...plan, cells: elsewhere }, pid);
    expect(off.findings.map(({ found }) => found)).toContain(
      "64 MiB elsewhere: 100.0 % on node 0 (67108864 bytes)",
    );
  });

  test("affinities wider than planned are found, the remedy mends them, and its undo brings them back", async () => {
    const vm = `wide-${process.pid}`;
    await startQemu([...named(vm), ...base, ...threads, ...backend(0), ...backend(1), ...nodes]);
    const [first = "0"] = cpus.split(/[,-]/);
    const narrow = planFor(vm, first);
    const wide = await verdictOf(narrow);
    const [expected] = cpus === first ? [[]] : [["vcpu-affinity vCPU 0", "vcpu-affinity vCPU 1"]];
    expect(codes(wide)).toEqual(expect.arrayContaining(expected ?? []));
    if (cpus === first) return;
    expect(codes(wide).some((code) => code.startsWith("iothread-affinity iothread 1"))).toBe(true);
    const run = (commands: Remedy["argv"]): void => {
      for (const [program = "", ...args] of commands ?? []) {
        expect(spawnSync(program, args).status, shellLine([program, ...args])).toBe(0);
      }
    };
    const remedies = sharedRemedies(wide.findings).map(({ remedy }) => remedy);
    const pinning = remedies.find(({ argv }) => argv?.[0]?.[0] === "taskset");
    expect(pinning?.argv?.length).toBeGreaterThan(2);
    run(pinning?.argv ?? null);
    expect(codes(await verdictOf(narrow))).toEqual([]);
    expect((await verdictOf(narrow)).holds).toBe(true);
    run(pinning?.undo ?? null);
    expect(codes(await verdictOf(narrow))).toEqual(codes(wide));
  });

  test("without vNUMA the guest's memory has no cell, and without a process nothing is verified", async () => {
    const vm = `flat-${process.pid}`;
    await startQemu([...named(vm), ...base, ...threads]);
    const plan = planFor(vm, cpus);
    const flat = await verdictOf(plan);
    expect(codes(flat)).toEqual(["vnuma-missing the guest's nodes"]);
    expect(flat.holds).toBe(false);
    const gone = await verdictOf({ ...plan, vm: "not-there" });
    expect(gone.holds).toBe(false);
    expect(gone.unverified.find(({ what }) => what === "the VM's process")?.why).toContain(
      "not-there",
    );
  });
});

test.skipIf(whyNoQemu !== null)("the named libvirt is asked about its VM, by UUID", async () => {
  const vm = `lent-${process.pid}`;
  const plan = planFor(vm, allowedCpus());
  const { name, uuid } = guestFromPlan(plan);
  await startQemu([
    ...named(name),
    "-uuid",
    uuid,
    "-chardev",
    "null,id=charmonitor",
    "-mon",
    "charmonitor,mode=control",
    ...base,
  ]);
  const programs = scratchFolder();
  const virsh = `#!/bin/sh
[ "$*" = "--quiet --connect ${libvirtUri} dumpxml --domain ${uuid}" ] || exit 1
echo '<domain><cputune><emulatorpin cpuset="7-8"/></cputune></domain>'
`;
  writeFileSync(join(programs, "virsh"), virsh, { mode: 0o755 });
  vi.stubEnv("PATH", `${programs}:${process.env["PATH"]}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const options = {
    host: "here",
    takenAt: "2026-01-31T12:00:00.000Z",
    guest: null,
    clock: systemClock,
  };
  const asked = await readLiveEvidence(liveTree(), plan, { ...options, libvirtUri });
  expect(asked.shapes.find(({ source }) => source === "libvirt")).toMatchObject({
    where: `virsh dumpxml ${name}`,
    pins: { emulator: "7-8" },
  });
  const other = await readLiveEvidence(liveTree(), plan, { ...options, libvirtUri: "test:///" });
  expect(other.unreadable.find(({ what }) => what === "libvirt")?.why).toBe(
    "virsh dumpxml: it ended with status 1",
  );
});

test.runIf(whyNoQemu !== null)(`no emulator to read: ${whyNoQemu}`, () => {});
