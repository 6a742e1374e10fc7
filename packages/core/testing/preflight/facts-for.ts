import { guestFromPlan } from "../../src/guest/from-plan.ts";
import { functionsOf, isHugepage, type Plan } from "../../src/plan/plan.ts";
import { emptySet } from "../../src/set/index-set.ts";
import { formatList } from "../../src/set/list-format.ts";
import { TiB } from "../../src/unit/bytes.ts";
import { plannedCpus } from "../../src/preflight/cpus.ts";
import type { HostFacts } from "../../src/preflight/facts.ts";
import type { Start } from "../../src/preflight/start.ts";

/** A start of a plan by libvirt, with KVM. */
export function startOf(plan: Plan): Start {
  const guest = guestFromPlan(plan);
  const via = "libvirt";
  return {
    plan,
    guest,
    via,
    emulated: false,
    acceptsUnknown: false,
    promised: emptySet,
    faults: [],
  };
}

/** A host that has all that a plan needs, for tests to take something from. */
export function factsFor(plan: Plan): HostFacts {
  const cpus = formatList(plannedCpus(plan));
  const parts = plan.cells.flatMap(({ memoryOnNodes, pageBytes }) =>
    memoryOnNodes.map((part) => ({ ...part, pageBytes })),
  );
  const nodes = [...new Set(parts.map(({ node }) => node))].toSorted((a, b) => a - b);
  const pages = [...new Set(parts.map(({ pageBytes }) => pageBytes))].filter(isHugepage);
  const pagesOn = (id: number, sizeBytes: number): number =>
    parts
      .filter(({ node, pageBytes }) => node === id && pageBytes === sizeBytes)
      .reduce((sum, { bytes }) => sum + bytes / sizeBytes, 0);
  let group = 10;
  return {
    nodes: nodes.map((id) => ({
      id,
      availableBytes: TiB,
      hugepages: pages.map((sizeBytes) => ({
        sizeBytes,
        total: pagesOn(id, sizeBytes),
        free: pagesOn(id, sizeBytes),
      })),
    })),
    hugetlbfsBytes: pages,
    onlineCpus: cpus,
    cgroups: [
      { path: "/", folder: "/sys/fs/cgroup", cpus, nodes: nodes.join(",") },
      { path: "/machine.slice", folder: "/sys/fs/cgroup/machine.slice", cpus, nodes: null },
    ],
    devices: plan.devices.flatMap((device) => {
      const members = functionsOf(device);
      group++;
      return members.map((member) => ({
        address: member,
        present: true,
        bridge: false,
        driver: "nvidia",
        iommuGroup: group,
        groupMembers: members,
        users: [],
      }));
    }),
    iommu: true,
    vfioPci: true,
    kvm: { present: true, unusable: null },
    addressBits: 52,
    lockableBytes: null,
    versions: { libvirt: "9.0.0", qemu: "7.2.22", refusal: null },
    firmware: null,
    numaBalancing: 0,
    ksmRun: 0,
    held: [],
    unreadable: [],
    domains: [],
    emulatorPid: null,
  };
}
