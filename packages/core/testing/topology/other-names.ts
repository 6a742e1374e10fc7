import type { Topology } from "../../src/topology/topology.ts";

/** A topology under other addresses and names of host bridges, in canonical order. */
export function replacedNames(topology: Topology, named: (name: string) => string): Topology {
  const at = <T extends { readonly address: string }>(device: T): T => ({
    ...device,
    address: named(device.address),
  });
  const byAddress = (x: { readonly address: string }, y: { readonly address: string }): number =>
    x.address < y.address ? -1 : 1;
  const pair = <T extends { readonly a: string; readonly b: string }>(link: T): T => {
    const [a = "", b = ""] = [named(link.a), named(link.b)].toSorted();
    return { ...link, a, b };
  };
  const byPair = (x: { readonly a: string; readonly b: string }, y: typeof x): number =>
    `${x.a} ${x.b}` < `${y.a} ${y.b}` ? -1 : 1;
  return {
    ...topology,
    pci: topology.pci
      .map((device) => ({
        ...at(device),
        parent: device.parent === null ? null : named(device.parent),
        root: named(device.root),
        physicalFunction: device.physicalFunction === null ? null : named(device.physicalFunction),
      }))
      .toSorted(byAddress),
    accelerators: topology.accelerators.map(at).toSorted(byAddress),
    nics: topology.nics.map(at).toSorted(byAddress),
    links: topology.links.map(pair).toSorted(byPair),
    interconnects: topology.interconnects.map(pair).toSorted(byPair),
    unnumberedNodes: topology.unnumberedNodes
      .map((node) => ({ ...node, devices: node.devices.map(named).toSorted() }))
      .toSorted((x, y) => (`${x.devices[0]}` < `${y.devices[0]}` ? -1 : 1)),
    partitions: topology.partitions.map((one) => ({
      ...one,
      accelerators: one.accelerators.map(named).toSorted(),
    })),
  };
}

/** The same machine with new addresses in any order, and NICs and IOMMU groups named anew. */
export function shuffledNames(topology: Topology, numbers: Iterator<number>): Topology {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const draw = (): number => Number(numbers.next().value);
  const roots = [...new Set(topology.pci.map(({ root }) => root))];
  const taken = new Map<string, string>();
  const used = new Set<string>();
  const give = (name: string, format: (n: number) => string): void => {
    let n = draw() % 0x4000;
    while (used.has(format(n))) n = (n + 1) % 0x4000;
    used.add(format(n));
    taken.set(name, format(n));
  };
  for (const { address } of topology.pci) {
    give(address, (n) => `0001:${hex(n >> 6, 2)}:${hex((n >> 3) & 7, 2)}.${n & 7}`);
  }
  for (const root of roots) give(root, (n) => `pci0001:${hex(n & 0xff, 2)}`);
  const renamed = replacedNames(topology, (name) => taken.get(name) ?? name);
  const shift = draw() % 50;
  return {
    ...renamed,
    pci: renamed.pci.map((one) => ({
      ...one,
      iommuGroup: one.iommuGroup === null ? null : one.iommuGroup + shift,
    })),
    nics: renamed.nics.map((nic, i) => ({ ...nic, name: nic.name === null ? null : `eth${i}` })),
  };
}

/** The machine without one function, and without what names it. */
export function withoutFunction(topology: Topology, gone: string): Topology {
  const stays = ({ address }: { readonly address: string }): boolean => address !== gone;
  const apart = ({ a, b }: { readonly a: string; readonly b: string }): boolean =>
    a !== gone && b !== gone;
  return {
    ...topology,
    pci: topology.pci.filter(stays),
    accelerators: topology.accelerators.filter(stays),
    nics: topology.nics.filter(stays),
    links: topology.links.filter(apart),
    interconnects: topology.interconnects.filter(apart),
    unnumberedNodes: topology.unnumberedNodes.flatMap((node) => {
      const devices = node.devices.filter((address) => address !== gone);
      return devices.length === 0 ? [] : [{ ...node, devices }];
    }),
    partitions: topology.partitions.map((one) => ({
      ...one,
      accelerators: one.accelerators.filter((address) => address !== gone),
    })),
  };
}
