import type { DeviceEvidence, Evidence } from "../../../src/evidence/evidence.ts";
import { syntheticTopology } from "../../../src/topology/synthetic/build.ts";
import type { PciDevice } from "../../../src/topology/topology.ts";
import { GiB } from "../../../src/unit/bytes.ts";
import { cleanVm, onMachine } from "../clean.ts";
import type { Alteration } from "./alteration.ts";
import { withStates } from "./device.ts";

/** What is between accelerators, NICs and processors. */
export const fabricAlterations: readonly Alteration[] = [
  {
    code: "link-errors",
    what: "the GPU's link repairs errors all the time",
    alter: (evidence) => onDevice(evidence, 0, { correctedErrors: 4_182_337 }),
  },
  {
    code: "network-slow",
    what: "the NIC runs at a quarter of the twin's rate",
    alter: (evidence) =>
      onMachine(evidence, ({ networkPorts }) => ({
        networkPorts: (networkPorts ?? []).map((port) => ({ ...port, bytesPerSecond: 12.5e9 })),
      })),
  },
  {
    code: "read-requests-small",
    what: "the NIC may ask for 512 bytes at once",
    alter: (evidence) => onDevice(evidence, 1, { maxReadBytes: 512 }),
  },
  {
    code: "host-device-near",
    what: "the NIC of the host's default route is below the GPU's switch",
    alter: (evidence) =>
      onFunctions(evidence, ({ class: code, node }) =>
        code.startsWith("02") && node === 0 ? { hostUse: "default-route" } : {},
      ),
  },
  {
    code: "link-slow",
    what: "the GPU's link has 8 of 16 lanes",
    alter: (evidence) =>
      onDevice(evidence, 0, {
        link: { speedGTs: 32, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
      }),
  },
  {
    code: "chipset-lanes",
    what: "the switch above the GPU is the chipset's",
    alter: (evidence) =>
      onFunctions(evidence, (one) =>
        one.address === chainAbove(evidence)[1]
          ? {
              vendor: "1022",
              device: "43f4",
              link: { speedGTs: 16, width: 4, maxSpeedGTs: 16, maxWidth: 4 },
            }
          : {},
      ),
  },
  {
    code: "accelerators-apart",
    what: "its GPUs are on two switches, and two others share one",
    alter: apart,
  },
  {
    code: "partition-inactive",
    what: "the GPU still registers with the fabric",
    alter: (evidence) => withStates(evidence, { fabricState: "In Progress" }),
  },
  {
    code: "nvlink-missing",
    what: "the GPU has no NVLink",
    alter: (evidence) => withStates(evidence, { nvlinks: { active: 0, total: 0 } }),
  },
  {
    code: "nvlink-inactive",
    what: "two NVLinks are down",
    alter: (evidence) => withStates(evidence, { nvlinks: { active: 16, total: 18 } }),
  },
  {
    code: "nic-far",
    what: "it has the NIC of the other socket",
    alter: (evidence) => {
      const [, nic] = cleanVm(1).devices;
      return {
        ...evidence,
        devices: [...evidence.devices.slice(0, 1), ...(nic ? [nic] : [])],
        shapes: [],
      };
    },
  },
  {
    code: "ats-off",
    what: "ports redirect, and the NIC does not ask for translations",
    alter: (evidence) =>
      onFunctions(redirecting(evidence), (one) =>
        one.vendor === "15b3" ? { atsEnabled: false } : {},
      ),
  },
  {
    code: "acs-redirect",
    what: "the ports of the switch redirect",
    alter: redirecting,
  },
  {
    code: "iommu-translating",
    what: "a plain process has the devices",
    alter: (evidence) => ({ ...evidence, of: "process" }),
  },
  {
    code: "relaxed-ordering-off",
    what: "the NIC keeps its writes in order",
    alter: (evidence) => onDevice(evidence, 1, { relaxedOrdering: false }),
  },
  {
    code: "bar-small",
    what: "the GPU could have a window of 256 GiB",
    alter: (evidence) => onDevice(evidence, 0, { barMaxBytes: [256 * GiB] }),
  },
];

/** The evidence with one of the subject's devices changed: the GPU is 0, the NIC 1. */
export function onDevice(
  evidence: Evidence,
  place: number,
  change: Partial<DeviceEvidence>,
): Evidence {
  const devices = evidence.devices.map((one, i) => (i === place ? { ...one, ...change } : one));
  return { ...evidence, devices };
}

/** The evidence with functions of the machine changed. */
export function onFunctions(
  evidence: Evidence,
  change: (one: PciDevice) => Partial<PciDevice>,
): Evidence {
  return onMachine(evidence, ({ topology }) => ({
    topology:
      topology === null
        ? null
        : { ...topology, pci: topology.pci.map((one) => ({ ...one, ...change(one) })) },
  }));
}

/** Ports that send copies between the devices below them to the root complex. */
function redirecting(evidence: Evidence): Evidence {
  return onFunctions(evidence, ({ parent }) => (parent === null ? {} : { acsRedirect: true }));
}

/** The ports above the GPU, nearest first. */
function chainAbove({ devices, machine }: Evidence): string[] {
  const pci = machine?.topology?.pci ?? [];
  const chain: string[] = [];
  let at = pci.find(({ address }) => address === devices[0]?.address)?.parent ?? null;
  while (at !== null) {
    chain.push(at);
    at = pci.find(({ address }) => address === at)?.parent ?? null;
  }
  return chain;
}

/** On a machine where two GPUs share a switch it has one of them, and one elsewhere. */
function apart(evidence: Evidence): Evidence {
  const topology = syntheticTopology(
    `package:2 core:8 thread:2 memory:64Gi hugepages:32x1Gi distances:10/21
     root[switch[gpu:l40s nic:cx7]]@0 root[switch[gpu:l40s*2]]@0`,
    "twin-host",
  );
  const [first = "", second = ""] = topology.accelerators.map(({ address }) => address);
  const own = [first, second, topology.nics[0]?.address ?? ""];
  const devices = own.flatMap((address) => {
    const [gpu, nic] = evidence.devices;
    const like = address === own[2] ? nic : gpu;
    return like === undefined
      ? []
      : [{ ...like, address, link: null, where: `/sys/bus/pci/devices/${address}` }];
  });
  return { ...onMachine(evidence, () => ({ topology })), devices, shapes: [] };
}
