import * as fc from "fast-check";
import { expect, test } from "vitest";
import { catalogMachine, catalogNames } from "../catalog/catalog.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { detailedTopology } from "../../../testing/topology/arbitrary-details.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { topologyWarningCodes } from "./warning.ts";
import { topologyWarnings } from "./warnings.ts";

const undistanced = "package:2 core:4 thread:2 memory:64Gi hugepages:40x1Gi iommu:on";
const base = `${undistanced} distances:10/21`;

function said(topology: Topology): string[] {
  return topologyWarnings(topology).map(
    ({ code, severity, subject, message }) => `${severity} ${code} [${subject}] ${message}`,
  );
}

test("the warnings about the catalog's machines are true", () => {
  const table = Object.fromEntries(
    catalogNames.map((name) => [name, said(catalogMachine(name) ?? syntheticTopology("core:1"))]),
  );
  expect(table).toMatchInlineSnapshot(`
    {
      "dgx-a100": [],
      "dgx-h100": [],
      "epyc-nps4": [
        "info accelerator-without-nic [GPU 0000:38:00.0] GPU 0000:38:00.0 has no NIC on its node: its network traffic crosses to another node.",
        "info accelerator-without-nic [GPU 0000:6b:00.0] GPU 0000:6b:00.0 has no NIC on its node: its network traffic crosses to another node.",
      ],
      "gb200-tray": [
        "info node-without-cpus [nodes 2,10,18,26] Nodes 2,10,18,26 have memory and no CPUs: nothing can run beside it.",
        "info node-empty [nodes 3-9,11-17,19-25,27-33] Nodes 3-9,11-17,19-25,27-33 have neither CPUs nor memory.",
      ],
      "hgx-a100": [
        "info link-slow [GPU 0000:18:00.0] The link of GPU 0000:18:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:19:00.0] The link of GPU 0000:19:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:29:00.0] The link of GPU 0000:29:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:2a:00.0] The link of GPU 0000:2a:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:3a:00.0] The link of GPU 0000:3a:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:3b:00.0] The link of GPU 0000:3b:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:4b:00.0] The link of GPU 0000:4b:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "info link-slow [GPU 0000:4c:00.0] The link of GPU 0000:4c:00.0 runs at gen3 x16 and could run at gen4 x16. Idle GPUs do that: look again under load.",
      ],
      "hgx-b200": [],
      "hgx-b300": [],
      "hgx-h100": [],
      "hgx-h200": [],
      "l40s-pcie": [
        "warning link-slow [NIC 0000:18:00.0] The link of NIC 0000:18:00.0 runs at gen4 x16 and could run at gen5 x16.",
        "warning link-slow [NIC 0000:29:00.0] The link of NIC 0000:29:00.0 runs at gen4 x16 and could run at gen5 x16.",
      ],
      "mi300x": [],
      "xeon-snc": [
        "info accelerator-without-nic [GPU 0000:38:00.0] GPU 0000:38:00.0 has no NIC on its node: its network traffic crosses to another node.",
        "info accelerator-without-nic [GPU 0000:6b:00.0] GPU 0000:6b:00.0 has no NIC on its node: its network traffic crosses to another node.",
      ],
    }
  `);
});

const planted: Readonly<Record<string, string>> = {
  nothing: `${base} root*2[switch[gpu:l40s nic:cx7]]`,
  "a node without memory": `${base} memory:0@1 hugepages:0x1Gi@1`,
  "memory without CPUs": `${undistanced} hbm:16Gi@0 distances:10,21,20;21,10,30;20,30,10`,
  "an empty node": `${undistanced} gpumem:0@0 distances:10,21,20;21,10,30;20,30,10`,
  "uneven memory": `${base} memory:48Gi@1`,
  "one node with fewer cores": `${base} core:3@1`,
  "uneven huge pages": `${base} hugepages:30x1Gi@1`,
  "a page more": `${base} hugepages:39x1Gi@1`,
  "no distances": "package:2 core:4 memory:64Gi",
  "flat distances": "package:2 core:4 memory:64Gi distances:10/10",
  "distances that ignore packages": "package:2 node:2 core:4 memory:64Gi distances:10/20/20",
  "asymmetric distances": "package:2 core:4 memory:64Gi distances:10,21;31,10",
  "whole cores offline": "package:1 core:4 memory:64Gi offline:3",
  "SMT off on one package": `${base} thread:1@1`,
  "SMT off on some cores": `${base} offline:9-10`,
  "a device of unknown node": `${base} root[gpu:l40s]@?`,
  "a slow and narrow GPU": `${base} root[gpu:l40s(link:3x8/4x16)]`,
  "a slow NIC": `${base} root[nic:cx7(link:4x16/5x16)]`,
  "a narrow switch": `${base} root[switch(link:5x8/5x16)[gpu:l40s]]`,
  "two models": `${base} root[gpu:l40s gpu:h100-pcie]`,
  "a GPU far from every NIC": `${base} root[gpu:l40s nic:cx7]@0 root[gpu:l40s]@1`,
  "no NVLink known": `${base} root[gpu:h100-sxm*2]`,
  "a shared IOMMU group": `${base} root[switch(acs:off)[gpu:l40s*2]]`,
  "virtual functions without a type": `${base} root[gpu:l40s(functions:2)]@0 root[gpu:l40s(functions:A,1)]@1`,
  "no IOMMU": `${base.replace("iommu:on", "iommu:off")} root[gpu:l40s]`,
};

test("exactly the planted faults are found", () => {
  const table = Object.fromEntries(
    Object.entries(planted).map(([name, text]) => [name, said(syntheticTopology(text))]),
  );
  expect(table).toMatchInlineSnapshot(`
    {
      "SMT off on one package": [
        "warning smt-uneven [package 1] 4 cores of 8 have fewer than 2 threads online: package 1.",
      ],
      "SMT off on some cores": [
        "warning cpus-offline [CPUs 9-10] 2 CPUs offline: 9-10.",
        "warning smt-uneven [cores 1-2] 2 cores of 8 have fewer than 2 threads online: cores 1-2.",
      ],
      "a GPU far from every NIC": [
        "info accelerator-without-nic [GPU 0000:27:00.0] GPU 0000:27:00.0 has no NIC on its node: its network traffic crosses to another node.",
      ],
      "a device of unknown node": [
        "warning device-node-unknown [GPU 0000:16:00.0] The node of GPU 0000:16:00.0 is unknown, so nothing can be placed beside it.",
      ],
      "a narrow switch": [
        "warning link-narrow [switch 0000:16:00.0] The link of switch 0000:16:00.0 runs at gen5 x8 and could run at gen5 x16.",
        "warning link-narrow [switch 0000:27:00.0] The link of switch 0000:27:00.0 runs at gen5 x8 and could run at gen5 x16.",
      ],
      "a node without memory": [
        "warning node-without-memory [node 1] Node 1 has CPUs and no memory: whatever runs there uses the memory of other nodes.",
      ],
      "a page more": [],
      "a shared IOMMU group": [
        "warning iommu-group-shared [IOMMU group 2] 2 accelerators share IOMMU group 2 and can only be passed through together: GPU 0000:18:00.0, GPU 0000:19:00.0.",
        "warning iommu-group-shared [IOMMU group 5] 2 accelerators share IOMMU group 5 and can only be passed through together: GPU 0000:29:00.0, GPU 0000:2a:00.0.",
      ],
      "a slow NIC": [
        "warning link-slow [NIC 0000:16:00.0] The link of NIC 0000:16:00.0 runs at gen4 x16 and could run at gen5 x16.",
        "warning link-slow [NIC 0000:27:00.0] The link of NIC 0000:27:00.0 runs at gen4 x16 and could run at gen5 x16.",
      ],
      "a slow and narrow GPU": [
        "info link-slow [GPU 0000:16:00.0] The link of GPU 0000:16:00.0 runs at gen3 x8 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "warning link-narrow [GPU 0000:16:00.0] The link of GPU 0000:16:00.0 runs at gen3 x8 and could run at gen4 x16.",
        "info link-slow [GPU 0000:27:00.0] The link of GPU 0000:27:00.0 runs at gen3 x8 and could run at gen4 x16. Idle GPUs do that: look again under load.",
        "warning link-narrow [GPU 0000:27:00.0] The link of GPU 0000:27:00.0 runs at gen3 x8 and could run at gen4 x16.",
      ],
      "an empty node": [
        "info node-empty [node 2] Node 2 has neither CPUs nor memory.",
      ],
      "asymmetric distances": [
        "warning distances-asymmetric [distances] Node 0 is 21 from node 1, but 31 in the other direction.",
      ],
      "distances that ignore packages": [
        "warning distances-flat [distances] Every two nodes are 20 apart, although they are in 2 packages with several nodes each.",
      ],
      "flat distances": [
        "warning distances-flat [distances] Every node is as far from itself as from others: 10.",
      ],
      "memory without CPUs": [
        "info node-without-cpus [node 2] Node 2 has memory and no CPUs: nothing can run beside it.",
      ],
      "no IOMMU": [
        "info iommu-groups-unknown [accelerators] The IOMMU group of 2 accelerators is unknown: the IOMMU is off, or the source does not report groups.",
      ],
      "no NVLink known": [
        "warning accelerator-links-unknown [accelerators] No direct link between the 4 accelerators is known, although a machine with H100 SXM5 80GB has them: nvidia-smi topo -m or nvlink -s shows them.",
      ],
      "no distances": [
        "warning distances-missing [distances] There are 2 nodes, and the distances between them are unknown.",
      ],
      "nothing": [],
      "one node with fewer cores": [
        "warning node-cores-uneven [node 1] Node 1 has 3 of 4 cores that other nodes have.",
      ],
      "two models": [
        "info accelerators-mixed [accelerators] The accelerators are of 2 models: 2 × L40S, 2 × H100 PCIe 80GB. A request should name the one it means.",
      ],
      "uneven huge pages": [
        "warning hugepages-uneven [node 1] Node 1 has 30 1 GiB pages, others up to 40.",
      ],
      "uneven memory": [
        "warning node-memory-uneven [node 1] Node 1 has 48 GiB of memory, others up to 64 GiB.",
      ],
      "virtual functions without a type": [
        "info vgpu-types-unset [GPU 0000:16:00.0] GPU 0000:16:00.0 has 2 virtual functions, and none is known to have a vGPU type: none can be given to a VM.",
      ],
      "whole cores offline": [
        "warning cpus-offline [CPU 3] 1 CPU offline: 3.",
      ],
    }
  `);
});

const switched = syntheticTopology(`${base} root[switch[gpu:l40s*2 nic:cx7] nic:cx7]@1`);

/** The machine above with functions set up otherwise, by their addresses. */
function setUp(settings: Readonly<Record<string, Partial<PciDevice>>>): Topology {
  const pci = switched.pci.map((device) => ({ ...device, ...settings[device.address] }));
  return { ...switched, pci };
}

const [first = "", second = ""] = switched.accelerators.map(({ address }) => address);
const [beside = "", apart = ""] = switched.nics.map(({ address }) => address);
const portOf = (address: string): string =>
  switched.pci.find((device) => device.address === address)?.parent ?? "";

const settings: Readonly<Record<string, Topology>> = {
  nothing: setUp({ [portOf(first)]: { acsRedirect: false } }),
  "a port that redirects": setUp({ [portOf(second)]: { acsRedirect: true } }),
  // Root ports always lead to the root complex.
  "a root port that redirects": setUp({ [portOf(apart)]: { acsRedirect: true } }),
  "interrupts elsewhere": setUp({
    [first]: { interrupts: { allowedCpus: "0-15", effectiveCpus: "2-3" } },
    [apart]: { interrupts: { allowedCpus: "0", effectiveCpus: null } },
  }),
  "interrupts at home, everywhere and nowhere": setUp({
    [first]: { interrupts: { allowedCpus: "0-15", effectiveCpus: "4" } },
    [second]: { interrupts: { allowedCpus: "0-15", effectiveCpus: null } },
    [beside]: { interrupts: { allowedCpus: "", effectiveCpus: null } },
  }),
};

test("settings of devices are a warning where they cost performance", () => {
  const table = Object.fromEntries(
    Object.entries(settings).map(([name, topology]) => [name, said(topology)]),
  );
  expect(table).toMatchInlineSnapshot(`
    {
      "a port that redirects": [
        "info peers-redirected [switch 0000:16:00.0] The ports of switch 0000:16:00.0 redirect the traffic between GPU 0000:18:00.0, GPU 0000:19:00.0, NIC 0000:1a:00.0 to the root complex (ACS). That keeps guests apart. With ATS on in the firmware of the NICs, and the host rebooted, their traffic passes through the switch all the same; redirection turned off beside ATS would let guests reach each other's devices.",
      ],
      "a root port that redirects": [],
      "interrupts at home, everywhere and nowhere": [],
      "interrupts elsewhere": [
        "warning interrupts-remote [GPU 0000:18:00.0] GPU 0000:18:00.0 is on node 1, and all its interrupts go to CPUs 2-3 of node 0.",
        "warning interrupts-remote [NIC 0000:1b:00.0] NIC 0000:1b:00.0 is on node 1, and all its interrupts may go to CPU 0 of node 0.",
      ],
      "nothing": [],
    }
  `);
});

test("every code is found in some planted machine", () => {
  const machines = [
    ...Object.values(planted).map((text) => syntheticTopology(text)),
    ...Object.values(settings),
  ];
  const found = machines.flatMap((one) => topologyWarnings(one).map(({ code }) => code));
  expect([...new Set(found)].toSorted()).toEqual(Object.keys(topologyWarningCodes).toSorted());
});

test("a node of unknown memory gets no warning about huge pages", () => {
  const nodes = "package:2 core:4 thread:2 memory:64Gi memory:?@1 iommu:on distances:10/21";
  const untold = syntheticTopology(`${nodes} hugepages:40x1Gi@0`);
  expect(said(untold)).toEqual([]);
  const fewer = syntheticTopology(`${nodes} hugepages:40x1Gi@0 hugepages:30x1Gi@1`);
  expect(said(fewer)).toEqual([
    "warning hugepages-uneven [node 1] Node 1 has 30 1 GiB pages, others up to 40.",
  ]);
});

test("an NVSwitch without links is found for any model of GPU", () => {
  const machine = syntheticTopology(`${base} root[gpu:l40s*2 dev(id:10de:22a3 class:068000)]`);
  expect(topologyWarnings(machine).map(({ code }) => code)).toEqual(["accelerator-links-unknown"]);
});

test("cores of two kinds are a note, not a fault", () => {
  const machine = syntheticTopology("package:1 core:4 thread:2 memory:16Gi");
  const cores = machine.cores.map((core, i) =>
    i < 2 ? core : { ...core, cpus: core.cpus.split(",")[0] ?? "" },
  );
  expect(topologyWarnings({ ...machine, cores }).map(({ severity }) => severity)).toEqual(["info"]);
});

test("any machine's warnings have known codes and whole sentences, and none comes twice", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
      const warnings = topologyWarnings(topology);
      for (const { code, message } of warnings) {
        expect(topologyWarningCodes).toHaveProperty(code);
        expect(message).toMatch(/^[A-Z0-9].*\.$/);
        expect(message).not.toMatch(/undefined|null|NaN|Infinity/);
      }
      const keys = warnings.map(({ code, subject, message }) => `${code} ${subject} ${message}`);
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});
