import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import { preflight } from "@evenkeel/core/preflight/preflight.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { factsFor, startOf } from "@evenkeel/core/testing/preflight/facts-for.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { expect, test } from "vitest";
import { painter } from "./paint.ts";
import { preflightText } from "./preflight-text.ts";
import { verdictText } from "./verdict-text.ts";

const view = { width: 100, paint: painter(false) };
const plan = planOf({
  cells: [{ cores: 8, pageBytes: 2 * MiB, memory: [{ node: 0, bytes: GiB }] }],
});
const planned = asPlanned(plan);

/**
 * The VM with the affinity of its first vCPUs wide, under a domain name that a shell would split.
 */
function widened(count: number): Evidence {
  const process = planned.process === null ? null : { ...planned.process, name: "llm a;b" };
  const threads = (planned.threads ?? []).map((thread) =>
    thread.role?.kind === "vcpu" && thread.role.id < count
      ? { ...thread, allowedCpus: "0-499" }
      : thread,
  );
  return { ...planned, process, threads };
}

/** What stands of a verdict's findings, behind a line break for the snapshot. */
const findingsOf = (evidence: Evidence): string =>
  `\n${verdictText(verify(plan, evidence), view).split("\n\nas planned")[0]}\n`;

test("a shared remedy is shown once, its commands on lines of their own and quoted", () => {
  const kernel = { ...planned.kernel, numaBalancing: 1 };
  expect(findingsOf({ ...widened(2), kernel })).toMatchInlineSnapshot(`
    "
    The plan of llm-a does not hold on host-1 (without the guest's own report, 2026-01-31T12:00:00.000Z)

    1. error vcpu-affinity: vCPU 0
      promised  CPU 2
      found     wider: it may run on CPUs 0-499; last seen on CPU 2
      costs     unknown
      seen in   /proc/4711/task/5000/status: thread 5000 Cpus_allowed_list 0-499
      try       Pin the VM's threads to their planned CPUs, through libvirt. This mends findings 1 and
                2.
      run       virsh vcpupin 'llm a;b' 0 2 --live
                virsh vcpupin 'llm a;b' 1 3 --live
      undo      virsh vcpupin 'llm a;b' 1 0-499 --live
                virsh vcpupin 'llm a;b' 0 0-499 --live

    2. error vcpu-affinity: vCPU 1
      promised  CPU 3
      found     wider: it may run on CPUs 0-499; last seen on CPU 3
      costs     unknown
      seen in   /proc/4711/task/5001/status: thread 5001 Cpus_allowed_list 0-499
      try       as for finding 1

    3. warning autonuma-on: NUMA balancing
      promised  memory stays where the plan puts it, and the kernel does not unmap it to watch accesses
      found     kernel.numa_balancing is 1
      costs     unknown
      seen in   /proc/sys/kernel/numa_balancing: 1
      try       Turn NUMA balancing off.
      run       sysctl -w kernel.numa_balancing=0
      undo      sysctl -w kernel.numa_balancing=1
    "
  `);
});

test("what one reason leaves unverified is listed once, and what has its own stands in a row", () => {
  const unreadable = [{ what: "memory", why: "no process has the name llm-a" }];
  const memory = { ...planned, memory: null, unreadable };
  const kernel = { ...planned.kernel, numaBalancing: null };
  const text = verdictText(verify(plan, { ...memory, kernel }), view);
  expect(`\n${text.slice(text.indexOf("not verified"))}`).toMatchInlineSnapshot(`
    "
    not verified, because no process has the name llm-a: memory of cell 0, memory policy of cell 0, page
      size of cell 0; the plan holds only if these are known

    not verified
      NUMA balancing  it was not read
    "
  `);
});

test("of very many commands some are shown", () => {
  const text = findingsOf(widened(12));
  expect(text).toContain("This mends findings 1-12.\n");
  expect(text.match(/virsh vcpupin/g)).toHaveLength(16);
  expect(text.match(/\.\.\. and 4 more, which --output json has/g)).toHaveLength(2);
});

test("problems of a start, with what mends them", () => {
  const facts = factsFor(plan);
  const nodes = facts.nodes.map((node) => ({
    ...node,
    hugepages: [{ sizeBytes: 2 * MiB, total: 100, free: 12 }],
  }));
  const report: PreflightReport = preflight(startOf(plan), { ...facts, nodes, ksmRun: 1 });
  expect(`\n${preflightText(report, view)}`).toMatchInlineSnapshot(`
    "
    llm-a is not started on host-1, and nothing was changed
      1. hugepages-not-free: node 0
        needs  512 huge pages of 2 MiB
        has    12 free
        try    Set apart 500 more huge pages of 2 MiB on node 0.
        run    shuf -e 600 -o /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages
        undo   shuf -e 100 -o /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages
      2. ksm-on (warning): /sys/kernel/mm/ksm/run
        needs  0 or 2
        has    1
        try    Stop same-page merging and take merged pages apart.
        run    shuf -e 2 -o /sys/kernel/mm/ksm/run
        undo   shuf -e 1 -o /sys/kernel/mm/ksm/run
    "
  `);
});
