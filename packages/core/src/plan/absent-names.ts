import type { HostPolicy } from "../request/host-policy.ts";
import { difference, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { isPciAddress } from "../topology/pci-address.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";

/**
 * What a policy names by address or number, and a machine is not known to have: it has no effect
 * there, and is often a slip. Each is the field's path with the names: `exclude 0000:99:00.0`. A
 * machine of which no function, or no CPU, was read is not known to lack any.
 */
export function absentNames(
  { reserved, accelerators, nics, exclude, partitions }: HostPolicy,
  topology: Topology,
): readonly string[] {
  const known = new Set(topology.pci.map(({ address }) => address));
  const named: readonly (readonly [field: string, names: readonly string[]])[] = [
    ["accelerators", accelerators ?? []],
    ["nics", nics ?? []],
    ["exclude", exclude],
    ["partitions", (partitions ?? []).flatMap((set) => set.accelerators)],
  ];
  const absent = named.flatMap(([field, names]): string[] => {
    const unknown = [...new Set(names)].filter((name) => isPciAddress(name) && !known.has(name));
    return known.size === 0 || unknown.length === 0 ? [] : [`${field} ${unknown.join(", ")}`];
  });
  const cpus = absentCpus(reserved.cpus, topology);
  return cpus === null ? absent : [`reserved.cpus ${cpus}`, ...absent];
}

function absentCpus(named: string | null, { nodes, cores, offlineCpus }: Topology): string | null {
  const here = unionAll([...nodes.map(knownCpus), ...cores.map(({ cpus }) => setOf(cpus))]);
  if (named === null || isEmpty(here)) return null;
  const absent = difference(setOf(named), unionAll([here, setOf(offlineCpus)]));
  return isEmpty(absent) ? null : formatList(absent);
}
