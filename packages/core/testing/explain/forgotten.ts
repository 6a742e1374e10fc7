import * as fc from "fast-check";
import type { Evidence } from "../../src/evidence/evidence.ts";

/**
 * The fields of Evidence that may be null, with `*` for every item of a list: what a reader may
 * have failed to read. Left out is what is null where there is none: the cell of a device on the
 * root bus, the node of a guest's device, NCCL's file.
 */
const nullable: readonly string[] = [
  ..."process threads memory nodes cores guest machine".split(" "),
  ..."name uuid threadCount vfioFiles hugeMemory swappedBytes"
    .split(" ")
    .map((key) => `process.${key}`),
  ..."name role allowedCpus allowedNodes lastCpu cgroup ranNs waitedNs"
    .split(" ")
    .map((key) => `threads.*.${key}`),
  ..."backend cell policy pageBytes".split(" ").map((key) => `memory.*.${key}`),
  ..."cpus effectiveCpus nodes effectiveNodes limits".split(" ").map((key) => `cgroups.*.${key}`),
  ..."throttled cpuWeight memoryBytes memoryCacheBytes memoryReclaims"
    .split(" ")
    .map((key) => `cgroups.*.limits.${key}`),
  ..."ksmRun numaBalancing transparentHugepages".split(" ").map((key) => `kernel.${key}`),
  ..."driver node iommuGroup groupMembers vfioFile link interrupts iommuDomain relaxedOrdering"
    .split(" ")
    .map((key) => `devices.*.${key}`),
  ..."allowedCpus effectiveCpus".split(" ").map((key) => `devices.*.interrupts.*.${key}`),
  ..."barMaxBytes maxReadBytes correctedErrors".split(" ").map((key) => `devices.*.${key}`),
  ..."cells devices cpu balloon contract confidential managedSave pins"
    .split(" ")
    .map((key) => `shapes.*.${key}`),
  ..."backend memoryBytes policy pageBytes distances"
    .split(" ")
    .map((key) => `shapes.*.cells.*.${key}`),
  ..."portSpeedGTs portWidth".split(" ").map((key) => `shapes.*.devices.*.${key}`),
  ..."model sockets dies cores threads".split(" ").map((key) => `shapes.*.cpu.${key}`),
  ..."topology cpus nodes neighbours accelerators networkPorts"
    .split(" ")
    .map((key) => `machine.${key}`),
  ..."smt turbo shmemHugepages zoneReclaim numad irqbalance nxHugePages vulnerabilities"
    .split(" ")
    .map((key) => `machine.settings.${key}`),
  ..."clocksource stolenShare busyKHz splitLockSlowed fabricMode"
    .split(" ")
    .map((key) => `machine.settings.${key}`),
  ..."isUp bytesPerSecond".split(" ").map((key) => `machine.networkPorts.*.${key}`),
  ..."kernelRelease bootOptions microcode".split(" ").map((key) => `machine.settings.${key}`),
  ..."driver energyPreference minKHz".split(" ").map((key) => `machine.cpus.*.${key}`),
  "machine.cpus.*.idleStates.*.entered",
  ..."governor maxKHz hardwareMaxKHz idleStates".split(" ").map((key) => `machine.cpus.*.${key}`),
  ..."memoryBytes freeBytes cacheBytes foreignPages"
    .split(" ")
    .map((key) => `machine.nodes.*.${key}`),
  ..."pid busyCpus".split(" ").map((key) => `machine.neighbours.*.${key}`),
  "machine.topology.distances",
  "machine.topology.machine.cpuModel",
  ..."package cpus memoryBytes sideCacheBytes kind hugepages"
    .split(" ")
    .map((key) => `machine.topology.nodes.*.${key}`),
  "machine.topology.nodes.*.hugepages.*.free",
  ..."package die cluster l3 node class".split(" ").map((key) => `machine.topology.cores.*.${key}`),
  ..."node iommuGroup driver link barBytes acsRedirect atsEnabled interrupts"
    .split(" ")
    .map((key) => `machine.topology.pci.*.${key}`),
  ..."model uuid moduleId memoryBytes"
    .split(" ")
    .map((key) => `machine.topology.accelerators.*.${key}`),
  "machine.settings.cpuFlags",
  "machine.topology.nics.*.rdma",
  ..."nodes devices cpu ports gpuDirect accelerators".split(" ").map((key) => `guest.${key}`),
  ..."cpus memoryBytes distances".split(" ").map((key) => `guest.nodes.*.${key}`),
  ..."vendor device link bars".split(" ").map((key) => `guest.devices.*.${key}`),
  ..."model sockets coresPerSocket threadsPerCore flags"
    .split(" ")
    .map((key) => `guest.cpu.${key}`),
  ..."link acsRedirect".split(" ").map((key) => `guest.ports.*.${key}`),
  ..."sha256 inForce slowestLink".split(" ").map((key) => `guest.nccl.${key}`),
  ...["guest", "machine"].flatMap((of) =>
    (
      "productName persistence performanceState coreClock memoryClock throttleReasons power " +
      "temperatureC utilizationPercent eccEnabled retired migEnabled link bar1Bytes nvlinks " +
      "fabricState peers"
    )
      .split(" ")
      .map((key) => `${of}.accelerators.*.${key}`),
  ),
];

/** What is forgotten: fields one by one, and all fields of one kind. */
export function forgettable(evidence: Evidence): fc.Arbitrary<readonly string[]> {
  const all = nullable.map((pattern) => pathsOf(evidence, pattern.split(".")));
  const some = fc.array(fc.constantFrom(...all.flat()), { minLength: 1, maxLength: 12 });
  const kinds = fc.array(fc.constantFrom(...all), { maxLength: 2 });
  return fc
    .tuple(some, kinds)
    .map(([paths, more]) => [...paths, ...more.flat()].map((path) => path.join(".")));
}

/** Evidence without some of what was read. */
export function forgetting(evidence: Evidence, fields: readonly string[]): Evidence {
  const copy = structuredClone(evidence);
  for (const field of fields) {
    const path = field.split(".");
    let at: unknown = copy;
    for (const key of path.slice(0, -1)) {
      at = typeof at === "object" && at !== null ? Reflect.get(at, key) : null;
    }
    if (typeof at === "object" && at !== null) Reflect.set(at, path.at(-1) ?? "", null);
  }
  return copy;
}

type Path = readonly string[];

/** The paths of a pattern that lead somewhere in a value. */
function pathsOf(value: unknown, [key, ...rest]: Path): readonly Path[] {
  if (key === undefined) return [[]];
  if (typeof value !== "object" || value === null) return [];
  const keys = key === "*" ? Object.keys(value) : [key];
  return keys.flatMap((own) =>
    pathsOf(Reflect.get(value, own), rest).map((path) => [own, ...path]),
  );
}
