import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import type { VirtualMachineSpec } from "@evenkeel/core/request/virtual-machine.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { expect, test } from "vitest";
import { painter } from "./paint.ts";
import { planText } from "./plan-text.ts";
import { refusalText } from "./refusal-text.ts";
import { terminalText } from "./terminal-text.ts";

const two = syntheticTopology(
  "package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]",
  "two",
);
const interleaved = syntheticTopology(
  "package:2 core:32 memory:64Gi distances:10/21 numbering:alternating",
  "odd-and-even",
);

function answer(spec: VirtualMachineSpec, hosts = [two]): Plan | Refusal {
  const vm = {
    apiVersion: "evenkeel/v1",
    kind: "VirtualMachine",
    metadata: { name: "llm-a", tenant: "acme" },
    spec,
  } as const;
  return place(
    hosts.map((topology) => ({ topology, taken: [], policy: defaultHostPolicy })),
    resolveRequest(vm, []),
  );
}

/** The answer as a person reads it, behind a line break for the snapshot. */
function shown(given: Plan | Refusal, width = 88, color = false): string {
  const view = { width, paint: painter(color) };
  const text = given.kind === "Plan" ? planText(given, view) : refusalText(given, view);
  return `\n${terminalText(text)}`;
}

test("a plan over two cells", () => {
  const plan = answer({
    accelerators: { count: 4 },
    nics: { count: 4, rdma: true },
    vcpus: 24,
    memory: "64Gi",
    hugepages: "1Gi",
  });
  expect(shown(plan)).toMatchInlineSnapshot(`
    "
    llm-a of acme goes to two (locality strict, isolation core)

      cell  node  vCPUs  memory                 on CPUs
         0     0     12  32 GiB in 1 GiB pages  1-6,17-22
         1     1     12  32 GiB in 1 GiB pages  9-14,25-30

      device          address       cell  node  link      below
      H100 SXM5 80GB  0000:16:00.0     0     0  gen5 x16  pci0000:15
      H100 SXM5 80GB  0000:27:00.0     0     0  gen5 x16  pci0000:26
      H100 SXM5 80GB  0000:38:00.0     1     1  gen5 x16  pci0000:37
      H100 SXM5 80GB  0000:49:00.0     1     1  gen5 x16  pci0000:48
      NIC 15b3:1021   0000:17:00.0     0     0  gen5 x16  pci0000:15
      NIC 15b3:1021   0000:28:00.0     0     0  gen5 x16  pci0000:26
      NIC 15b3:1021   0000:39:00.0     1     1  gen5 x16  pci0000:37
      NIC 15b3:1021   0000:4a:00.0     1     1  gen5 x16  pci0000:48

      emulator    on CPUs 0,8,16,24
      iothread 1  on CPUs 0,8,16,24
      distances   to cell 0: 10 21; to cell 1: 21 10
      speed       ⚠ straddles nodes 0 and 1: node 0 lacks 5 cores of 12 and 16 huge pages of
                  64 and 2 GPUs of 4 and 2 NICs of 4; predicted to be no slower if the guest
                  sees its nodes, and 26.2 % slower if it does not, by the cost model
      signature   277602e57b0d1df2: 2 cells × (6 cores/12 threads, 32 GiB in 1 GiB pages, 2
                  GPUs, 2 NICs at PHB), 21 apart, GPUs NODE/SYS

    why
      - 2 NUMA nodes are needed: nodes 0 and 1 (free on node 0: 2 GPUs, 7 of 8 cores and 48
        GiB; free on node 1: 2 GPUs, 7 of 8 cores and 48 GiB; 2 cores kept for the host).
      - Every other place is equivalent.
    "
  `);
});

test("floating vCPUs, base pages, and lists of CPUs too long for a line", () => {
  const plan = answer({ vcpus: 20, memory: "9Gi", isolation: "shared" }, [interleaved]);
  expect(shown(plan, 60)).toMatchInlineSnapshot(`
    "
    llm-a of acme goes to odd-and-even
      (locality strict, isolation shared)

      cell  node  vCPUs  memory  on CPUs
         0     0     20  9 GiB   2,4,6,8,10,12,14,16,18,20,22,
                                 24,26,28,30,32,34,36,38,40
                                 (floating)

      emulator    on CPUs 0
      iothread 1  on CPUs 0
      speed       as on the empty host, by the cost model
      signature   350732fac5018eba: 1 cell × (20 floating vCPUs,
                  9 GiB in 4 KiB pages), isolation shared

    why
      - One NUMA node is enough: node 0 (free: 31 CPUs and 60
        GiB; 1 core kept for the host).
      - Next best: nodes 0 and 1 (2 NUMA nodes instead of 1).
    "
  `);
});

test("memory and cores that lie elsewhere, and what that costs", () => {
  const plan = answer({
    accelerators: { count: 1 },
    vcpus: 20,
    memory: "64Gi",
    hugepages: "1Gi",
    locality: "preferred",
  });
  expect(shown(plan)).toMatchInlineSnapshot(`
    "
    llm-a of acme goes to two (locality preferred, isolation core)

      cell  node  vCPUs  memory                 on CPUs
         0     0     20  64 GiB in 1 GiB pages  1-7,9-11,17-23,25-27
                         48 GiB on node 0, 16 GiB on node 1

      device          address       cell  node  link      below
      H100 SXM5 80GB  0000:16:00.0     0     0  gen5 x16  pci0000:15

      emulator    on CPUs 0,16
      iothread 1  on CPUs 0,16
      speed       ⚠ straddles nodes 0 and 1, with 25 % of its memory remote: node 0 lacks 3
                  cores of 10 and 16 huge pages of 64; predicted to be 18.3 % slower, by the
                  cost model
      signature   72f1f897ce7711de: 1 cell × (10 cores/20 threads, 64 GiB in 1 GiB pages, 1
                  GPU, 25 % of its memory elsewhere, 3 cores elsewhere)

    why
      - Placed on node 0 (free: 2 GPUs, 7 of 8 cores and 48 GiB; 1 core kept for the host).
      - Cell 0 has cores on node 1: node 0 has too few free.
      - Cell 0 has memory on node 1: node 0 has too little free.
      - Every other place is equivalent.
    "
  `);
});

test("vCPUs that float on another node are said as pinned ones are", () => {
  const plan = answer({
    accelerators: { count: 1 },
    vcpus: 20,
    memory: "8Gi",
    locality: "preferred",
    isolation: "shared",
  });
  expect(shown(plan)).toMatchInlineSnapshot(`
    "
    llm-a of acme goes to two (locality preferred, isolation shared)

      cell  node  vCPUs  memory  on CPUs
         0     0     20  8 GiB   1-7,9-11,17-23,25-27 (floating)

      device          address       cell  node  link      below
      H100 SXM5 80GB  0000:16:00.0     0     0  gen5 x16  pci0000:15

      emulator    on CPUs 0,16
      iothread 1  on CPUs 0,16
      speed       ⚠ straddles nodes 0 and 1: up to 14 vCPUs would fit on one (node 0 lacks 6
                  CPUs of 20); predicted to be 9 % slower, by the cost model
      signature   f1ad18a28985266b: 1 cell × (20 floating vCPUs, 8 GiB in 4 KiB pages, 1
                  GPU, 6 vCPUs elsewhere), isolation shared

    why
      - Placed on node 0 (free: 2 GPUs, 14 CPUs and 12 GiB; 1 core kept for the host).
      - Cell 0 has vCPUs on node 1: node 0 has too few CPUs free.
      - Every other place is equivalent.
    "
  `);
});

test("a device that brings others along, and one whose node and link nobody knows", () => {
  const plan = answer({ accelerators: { count: 1 }, vcpus: 4, memory: "4Gi" });
  if (plan.kind !== "Plan") throw new Error("the request fits on an empty host");
  const [device] = plan.devices;
  if (device === undefined) throw new Error("one accelerator was asked for");
  const unknown = { ...device, node: null, model: null, link: null, switch: null };
  const devices = [{ ...unknown, companions: ["0000:15:00.1", "0000:15:00.2"] }];
  const lines = shown({ ...plan, devices, partition: 3, flavor: "h100.1" }).split("\n");
  expect(lines.filter((line) => /device|GPU 10de|with|partition|goes to/.test(line)))
    .toMatchInlineSnapshot(`
      [
        "llm-a of acme goes to two (flavor h100.1, locality strict, isolation core)",
        "  device         address       cell  node  link  below",
        "  GPU 10de:2330  0000:16:00.0     0     ?  ?     pci0000:15",
        "                 with 0000:15:00.1, 0000:15:00.2",
        "  partition   3",
      ]
    `);
});

test("a refusal has every host, every cause and every way out", () => {
  const spec = {
    accelerators: { count: 5 },
    vcpus: 64,
    memory: "200Gi",
    hugepages: "1Gi",
  } as const;
  expect(shown(answer(spec, [two, interleaved]))).toMatchInlineSnapshot(`
    "
    llm-a fits on none of the 2 hosts

    two
      It would fit on nodes 0-1, but for:
        accelerators-short  3 GPUs needed on node 0, 2 of 2 free; the host has 4, and 5 are
                            asked for.
        cores-short         20 whole cores needed on node 0, 7 of 8 free.
        cores-short         12 whole cores needed on node 1, 7 of 8 free.
        hugepages-short     120 1 GiB pages needed on node 0, 48 of 48 free.
        hugepages-short     80 1 GiB pages needed on node 1, 48 of 48 free.
      No single change would make it fit here.

    odd-and-even
      It would fit on node 0, but for:
        accelerators-short  5 GPUs needed on node 0; this host has no GPU.
        cores-short         64 whole cores needed on node 0, 31 of 32 free.
        hugepages-absent    200 1 GiB pages needed on node 0, and the host has no pool of
                            that size.
      No single change would make it fit here.
    "
  `);
  expect(shown(answer({ vcpus: 30, memory: "1Gi" }, [two]))).toMatchInlineSnapshot(`
    "
    llm-a does not fit on two

    two
      It would fit on nodes 0-1, but for:
        cores-short  15 whole cores needed on the host, 14 of 16 free: the policy keeps 2
                     (reserved.coresPerNode).
      try   It fits with 28 vCPUs.
      try   It fits where the policy keeps no core of each node for the host.
    "
  `);
});

test("colors dress the text and change nothing else", () => {
  for (const spec of [
    { vcpus: 4, memory: "4Gi" },
    { vcpus: 400, memory: "4Gi" },
  ]) {
    const given = answer(spec);
    // oxlint-disable-next-line no-control-regex -- the escapes are what is taken off
    const bare = shown(given, 88, true).replace(/\u001b\[\d+m/g, "");
    expect(bare).toBe(shown(given, 88));
    expect(shown(given, 88, true)).not.toBe(bare);
  }
});
