import * as fc from "fast-check";
import { buildTopology } from "../../../src/topology/build.ts";
import type { L3Cache, PciDevice, Topology } from "../../../src/topology/topology.ts";

/**
 * A source that knows only part of a machine: single facts are left out at random, and sometimes
 * all of one kind. All its facts are true.
 *
 * At least CPUs or accelerators are known, so that two sources are recognized as one machine. No
 * accelerator is left out, but all facts about one may be.
 */
export function projection(machine: Topology): fc.Arbitrary<Topology> {
  return fc
    .record({
      cores: fc.boolean(),
      groups: fc.record({
        package: fc.boolean(),
        die: fc.boolean(),
        cluster: fc.boolean(),
        l3: fc.boolean(),
        class: fc.boolean(),
      }),
      nodes: fc.boolean(),
      distances: fc.boolean(),
      access: fc.boolean(),
      pci: fc.boolean(),
      roles: fc.boolean(),
      nics: fc.boolean(),
      links: fc.boolean(),
      partitions: fc.boolean(),
      machine: fc.boolean(),
      coin: fc.infiniteStream(fc.boolean()),
    })
    .map(({ coin, ...keep }) => {
      const known = <T>(value: T): T | null => (coin.next().value === true ? value : null);
      const cores = keep.cores || !keep.roles || machine.accelerators.length === 0;
      const nodes = keep.nodes || cores;
      const roles = keep.pci && keep.roles;
      return buildTopology({
        name: machine.name,
        source: machine.source,
        machine: keep.machine
          ? machine.machine
          : {
              pageBytes: known(machine.machine.pageBytes),
              architecture: known(machine.machine.architecture),
            },
        nodes: nodes
          ? machine.nodes.map((node) => ({
              ...node,
              package: keep.groups.package ? node.package : null,
              memoryBytes: known(node.memoryBytes),
              sideCacheBytes: known(node.sideCacheBytes),
              kind: known(node.kind),
              cpus: known(node.cpus),
              hugepages: known(
                node.hugepages?.map((pool) => ({ ...pool, free: known(pool.free) })) ?? null,
              ),
            }))
          : [],
        distances: nodes && keep.distances ? machine.distances : null,
        access: nodes && keep.access ? machine.access : [],
        cores: cores
          ? machine.cores.map((core) => ({
              ...core,
              package: keep.groups.package ? core.package : null,
              die: keep.groups.die ? core.die : null,
              cluster: keep.groups.cluster ? core.cluster : null,
              l3: keep.groups.l3 ? core.l3 : null,
              class: keep.groups.class ? core.class : null,
            }))
          : [],
        l3Caches:
          cores && keep.groups.l3 ? machine.l3Caches.flatMap((one) => vagueCache(one, known)) : [],
        cacheAllocation: known(machine.cacheAllocation),
        offlineCpus: cores ? (known(machine.offlineCpus) ?? "") : "",
        pci: keep.pci ? machine.pci.map((device) => vague(device, nodes, known)) : [],
        accelerators: roles
          ? machine.accelerators.map((one) => ({
              address: one.address,
              model: known(one.model),
              productName: known(one.productName),
              index: known(one.index),
              c2c: known(one.c2c),
              uuid: known(one.uuid),
              moduleId: known(one.moduleId),
              memoryBytes: known(one.memoryBytes),
              profile: known(one.profile),
              migEnabled: known(one.migEnabled),
              instances:
                known(true) === null
                  ? []
                  : one.instances.map((each) => ({
                      profile: known(each.profile),
                      uuid: known(each.uuid),
                      memoryBytes: known(each.memoryBytes),
                    })),
            }))
          : [],
        nics:
          keep.pci && keep.nics
            ? machine.nics.map((nic) => ({ ...nic, name: known(nic.name), rdma: known(nic.rdma) }))
            : [],
        links:
          roles && keep.links
            ? machine.links
                .filter(() => known(true))
                .map((one) => ({ ...one, lanes: known(one.lanes) }))
            : [],
        partitions: roles && keep.partitions ? machine.partitions : [],
      });
    });
}

function vague(device: PciDevice, nodes: boolean, known: <T>(value: T) => T | null): PciDevice {
  return {
    ...device,
    class: device.class.slice(0, known(true) ? 6 : 4),
    vendor: known(device.vendor),
    device: known(device.device),
    node: nodes ? known(device.node) : null,
    iommuGroup: known(device.iommuGroup),
    driver: known(device.driver),
    link: known(device.link),
    barBytes: known(device.barBytes),
    physicalFunction: known(device.physicalFunction),
    acsRedirect: known(device.acsRedirect),
    atsEnabled: known(device.atsEnabled),
    interrupts: known(device.interrupts),
  };
}

function vagueCache(cache: L3Cache, known: <T>(value: T) => T | null): L3Cache[] {
  const { id, sizeBytes, ways, kernelId } = cache;
  const facts = { sizeBytes: known(sizeBytes), ways: known(ways), kernelId: known(kernelId) };
  return Object.values(facts).every((value) => value === null) ? [] : [{ id, ...facts }];
}

/**
 * Every single fact of a topology, by its path, without null or absent values. The number of a
 * package, die, cluster or cache is given by its first core.
 */
export function factsOf(topology: Topology): ReadonlyMap<string, unknown> {
  const facts = new Map<string, unknown>();
  const add = (path: string, value: unknown): void => {
    if (value === null || value === undefined || value === "") return;
    if (Array.isArray(value)) facts.set(path, JSON.stringify(value));
    else if (typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) add(`${path}.${key}`, inner);
    } else facts.set(path, value);
  };
  add("machine", topology.machine);
  for (const { hugepages, ...node } of topology.nodes) {
    add(`nodes[${node.id}]`, node);
    for (const pool of hugepages ?? []) add(`nodes[${node.id}].hugepages[${pool.sizeBytes}]`, pool);
  }
  for (const [i, row] of (topology.distances ?? []).entries()) {
    for (const [j, value] of row.entries()) {
      add(`distances[${topology.nodes[i]?.id}][${topology.nodes[j]?.id}]`, value);
    }
  }
  for (const one of topology.access)
    add(`access[${one.initiator},${one.target},${one.basis}]`, one);
  for (const core of topology.cores) add(`cores[${core.cpus}]`, core);
  for (const { id, ...cache } of topology.l3Caches) {
    const below = topology.cores.filter(({ l3 }) => l3 === id).map(({ cpus }) => cpus);
    add(`l3Caches[${below.join(",")}]`, cache);
  }
  add("cacheAllocation", topology.cacheAllocation);
  add("offlineCpus", topology.offlineCpus);
  for (const { class: code, link, ...device } of topology.pci) {
    const path = `pci[${device.address}]`;
    add(path, device);
    add(`${path}.link`, link);
    add(`${path}.class`, code.slice(0, 4));
  }
  for (const { instances, ...one } of topology.accelerators) {
    add(`accelerators[${one.address}]`, one);
    for (const [i, each] of instances.entries()) {
      add(`accelerators[${one.address}].instances[${i}]`, each);
    }
  }
  for (const one of topology.nics) add(`nics[${one.address}]`, one);
  for (const one of topology.links) add(`links[${one.a},${one.b}]`, one);
  for (const one of topology.partitions) add(`partitions[${one.id}]`, one);
  return facts;
}
