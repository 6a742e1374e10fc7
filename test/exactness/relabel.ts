import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { indices, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core, PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";
import type { Random } from "../../fuzz/random.ts";

/** A plan and the machine that it was made on. */
export interface Placement {
  readonly topology: Topology;
  readonly plan: Plan;
}

/**
 * The same placement on the same machine under random other names: nodes, packages, dies, CPUs,
 * caches, PCI addresses and their domains, host bridges, IOMMU groups, modules and partitions are
 * renamed, and the plan's cells and devices are reordered. Lists that a topology sorts by name are
 * sorted again.
 */
export function relabeled({ topology, plan }: Placement, random: Random): Placement {
  const names = newNames(topology, random);
  return { topology: relabeledTopology(topology, names), plan: relabeledPlan(plan, names, random) };
}

/** The numbers below n in random order. */
export function shuffled(n: number, random: Random): number[] {
  const order = [...Array(n).keys()];
  for (let last = n - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [at(order, other), at(order, last)];
  }
  return order;
}

interface Names {
  readonly node: (id: number) => number;
  readonly number: (id: number) => number;
  readonly cpus: (list: string) => string;
  readonly cpu: (cpu: number) => number;
  readonly cache: (id: number) => number;
  readonly address: (address: string) => string;
  readonly root: (root: string) => string;
}

function newNames(topology: Topology, random: Random): Names {
  const nodes = new Map(
    shuffled(topology.nodes.length, random).map((place, i) => {
      // With holes, as node numbers may have.
      return [at(topology.nodes, i).id, 3 * place + random.below(3)] as const;
    }),
  );
  const all = [...topology.cores.map((core) => core.cpus), topology.offlineCpus];
  const cpuCount = Math.max(...all.flatMap((list) => indices(setOf(list)))) + 1;
  const cpus = shuffled(cpuCount, random);
  const [caches, others] = [shuffled(4096, random), shuffled(4096, random)];
  const slots = shuffled(topology.pci.length, random);
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const domain = random.below(60_000);
  const addresses = new Map(
    topology.pci.map(({ address }, i) => {
      const slot = at(slots, i);
      const bus = hex(slot % 251, 2);
      return [address, `${hex(domain + (slot >> 5), 4)}:${bus}:${hex(slot % 32, 2)}.0`] as const;
    }),
  );
  const roots = [...new Set(topology.pci.map((device) => device.root))];
  const newRoots = shuffled(roots.length, random);
  const cpu = (from: number): number => at(cpus, from);
  return {
    node: (id) => valueOf(nodes, id),
    number: (id) => at(others, id % 4096),
    cpu,
    cpus: (list) => formatList(indexSet(indices(setOf(list)).map(cpu))),
    cache: (id) => at(caches, id % 4096),
    address: (address) => valueOf(addresses, address),
    // A plan from elsewhere may not have it.
    root: (root) =>
      root === "" ? root : `pci${hex(domain, 4)}:${hex(at(newRoots, roots.indexOf(root)), 2)}`,
  };
}

function maybe<T, U>(value: T | null, name: (value: T) => U): U | null {
  return value === null ? null : name(value);
}

function byAddress<T extends { readonly address: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

function relabeledTopology(topology: Topology, names: Names): Topology {
  const order = topology.nodes
    .map((node, place) => ({ id: names.node(node.id), place }))
    .toSorted((a, b) => a.id - b.id)
    .map(({ place }) => place);
  return {
    ...topology,
    name: `${topology.name}, otherwise called`,
    nodes: order.flatMap((place) =>
      topology.nodes.slice(place, place + 1).map((node) => ({
        ...node,
        id: names.node(node.id),
        package: maybe(node.package, names.number),
        cpus: maybe(node.cpus, names.cpus),
      })),
    ),
    distances: maybe(topology.distances, (rows) =>
      order.map((i) => order.map((j) => at(at(rows, i), j))),
    ),
    access: topology.access.map((entry) => ({
      ...entry,
      initiator: names.node(entry.initiator),
      target: names.node(entry.target),
    })),
    calibration: maybe(topology.calibration, (calibration) => ({
      ...calibration,
      memory: calibration.memory.map((one) => ({
        ...one,
        initiator: maybe(one.initiator, names.node),
        target: maybe(one.target, names.node),
      })),
      copies: calibration.copies.map((one) => ({
        ...one,
        node: maybe(one.node, names.node),
        accelerator: maybe(one.accelerator, names.address),
      })),
    })),
    cores: relabeledCores(topology.cores, names),
    offlineCpus: names.cpus(topology.offlineCpus),
    pci: byAddress(topology.pci.map((device) => relabeledDevice(device, names))),
    accelerators: byAddress(
      topology.accelerators.map((entry) => ({
        ...entry,
        address: names.address(entry.address),
        moduleId: maybe(entry.moduleId, names.number),
      })),
    ),
    nics: byAddress(
      topology.nics.map((nic) => ({ ...nic, address: names.address(nic.address), name: null })),
    ),
    links: topology.links.map((link) => {
      const [a = "", b = ""] = [names.address(link.a), names.address(link.b)].toSorted();
      return { ...link, a, b };
    }),
    partitions: topology.partitions.map((partition) => ({
      ...partition,
      id: names.number(partition.id),
      accelerators: partition.accelerators.map(names.address),
    })),
  };
}

function relabeledCores(cores: readonly Core[], names: Names): Core[] {
  const renamed = cores.map((core) => ({
    ...core,
    package: maybe(core.package, names.number),
    die: maybe(core.die, names.number),
    cluster: maybe(core.cluster, names.number),
    l3: maybe(core.l3, names.cache),
    node: maybe(core.node, names.node),
    cpus: names.cpus(core.cpus),
  }));
  const lowest = (core: Core): number => at(indices(setOf(core.cpus)), 0);
  return renamed.toSorted((a, b) => lowest(a) - lowest(b)).map((core, id) => ({ ...core, id }));
}

function relabeledDevice(device: PciDevice, names: Names): PciDevice {
  return {
    ...device,
    address: names.address(device.address),
    parent: maybe(device.parent, names.address),
    root: names.root(device.root),
    node: maybe(device.node, names.node),
    iommuGroup: maybe(device.iommuGroup, names.number),
    physicalFunction: maybe(device.physicalFunction, names.address),
  };
}

function relabeledPlan(plan: Plan, names: Names, random: Random): Plan {
  const places = shuffled(plan.cells.length, random);
  let next = 0;
  const inOrder = places.map((_, place) => places.indexOf(place));
  const cells = inOrder.flatMap((from, id) =>
    plan.cells.slice(from, from + 1).map((cell) => ({
      ...cell,
      id,
      hostNode: names.node(cell.hostNode),
      memoryNodes: formatList(indexSet(indices(setOf(cell.memoryNodes)).map(names.node))),
      memoryOnNodes: cell.memoryOnNodes
        .map(({ node, bytes }) => ({ node: names.node(node), bytes }))
        .toSorted((a, b) => a.node - b.node),
      vcpus: cell.vcpus.map((vcpu) =>
        "cpu" in vcpu
          ? { id: next++, cpu: names.cpu(vcpu.cpu) }
          : { id: next++, cpus: names.cpus(vcpu.cpus) },
      ),
      accelerators: cell.accelerators.map(names.address),
      nics: cell.nics.map(names.address),
    })),
  );
  const devices = plan.devices.map((device) => ({
    ...device,
    address: names.address(device.address),
    node: maybe(device.node, names.node),
    cell: at(places, device.cell),
    root: names.root(device.root),
    switch: maybe(device.switch, names.address),
    switches: maybe(device.switches, (all) =>
      all.map((one) => ({ ...one, address: names.address(one.address) })),
    ),
    companions: device.companions.map(names.address),
  }));
  return {
    ...plan,
    vm: "another",
    host: "another",
    cells,
    devices: shuffled(devices.length, random).flatMap((i) => devices.slice(i, i + 1)),
    links: maybe(plan.links, (all) =>
      all.map((link) => ({ ...link, a: names.address(link.a), b: names.address(link.b) })),
    ),
    distances: maybe(plan.distances, (rows) =>
      inOrder.map((i) => inOrder.map((j) => at(at(rows, i), j))),
    ),
    emulatorCpus: names.cpus(plan.emulatorCpus),
    iothreads: plan.iothreads.map((thread) => ({ ...thread, cpus: names.cpus(thread.cpus) })),
    partition: maybe(plan.partition, names.number),
  };
}
