import { invariant } from "../../invariant.ts";
import { indexSet } from "../../set/index-set.ts";
import { formatList } from "../../set/list-format.ts";
import { bridgesAbove } from "../../topology/interconnect.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { Device } from "../inventory/devices.ts";
import { nameCores, namePools } from "./layout-cores.ts";
import type { Cell, PlanDevice, PlanParts, Vcpu } from "../../plan/plan.ts";
import type { Layout, LayoutCell } from "./layout.ts";
import { pageBytesOf } from "../space/memory.ts";
import type { Space } from "../space/space.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * Names what a layout leaves open: cores, pages, and the CPU of each vCPU. No choice here matters
 * to another VM: cores of one cache are equal, and so are pages of one node.
 */
export function planParts(space: Space, { cells, partition }: Layout): PlanParts {
  return {
    isolation: space.request.isolation,
    threadsPerCore: guestThreadsPerCore(space),
    cells: buildCells(space, cells, cpuAssigner(space, cells)),
    devices: buildDevices(space.topology, cells),
    partition,
  };
}

/**
 * A VM that has only whole cores sees them; one that floats, or ends inside a core, sees threads.
 */
function guestThreadsPerCore({ request, inventory }: Space): number {
  const { threadsPerCore } = inventory.cores;
  const whole = request.vcpus % threadsPerCore === 0;
  return request.isolation !== "shared" && whole ? threadsPerCore : 1;
}

function buildCells(
  space: Space,
  layout: readonly LayoutCell[],
  cpusFor: (cell: LayoutCell) => readonly VcpuPlace[],
): Cell[] {
  const pageBytes = pageBytesOf(space.request, space.topology);
  invariant(pageBytes !== null, "memory in pages of unknown size is not sold");
  let next = 0;
  return layout.map((cell, id) => {
    const places = cpusFor(cell);
    const vcpus = places
      .slice(0, places.length - cell.idleThreads)
      .map((place): Vcpu => ({ id: next++, ...place }));
    const memoryOnNodes = cell.granules.map(({ node, count }) => ({
      node,
      bytes: count * space.granuleBytes,
    }));
    const away = memoryOnNodes.some(({ node }) => node !== cell.node);
    const { locality } = space.request;
    return {
      id,
      hostNode: cell.node,
      memoryNodes: formatList(indexSet(memoryOnNodes.map(({ node }) => node))),
      memoryPolicy: locality === "preferred" && !away ? "strict" : locality,
      memoryBytes: sumOf(memoryOnNodes, ({ bytes }) => bytes),
      memoryOnNodes,
      pageBytes,
      vcpus,
      accelerators: cell.accelerators.map(({ address }) => address),
      nics: cell.nics.map(({ address }) => address),
    };
  });
}

type VcpuPlace = { readonly cpu: number } | { readonly cpus: string };

/** Names the CPUs of every cell: core by core, or the pool of each node they float on. */
function cpuAssigner(
  space: Space,
  layout: readonly LayoutCell[],
): (cell: LayoutCell) => readonly VcpuPlace[] {
  if (space.request.isolation === "shared") {
    const pools = namePools(space, layout);
    const lists = new Map([...pools].map(([node, cpus]) => [node, formatList(cpus)]));
    return (cell) =>
      cell.units.flatMap(({ node, count }) =>
        Array.from({ length: count }, () => ({ cpus: valueOf(lists, node) })),
      );
  }
  const cores = nameCores(space, layout);
  return (cell) =>
    at(cores, layout.indexOf(cell)).flatMap((core) => core.cpus.map((cpu) => ({ cpu })));
}

function buildDevices(topology: Topology, layout: readonly LayoutCell[]): PlanDevice[] {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const all = layout.flatMap((cell) => [...cell.accelerators, ...cell.nics]);
  // A companion is listed once, with the first device of its group.
  const listed = new Set(all.map((device) => device.address));
  const alongWith = (companions: readonly string[]): string[] => {
    const own = companions.filter((companion) => !listed.has(companion));
    for (const companion of own) listed.add(companion);
    return own;
  };
  const describe = (
    { address, model, isPart, companions }: Device,
    kind: PlanDevice["kind"],
    cell: number,
  ): PlanDevice[] => {
    const device = byAddress.get(address);
    if (device === undefined) return [];
    // Nearest first: a downstream port, its switch's upstream port, the same of the next switch,
    // and at last a root port. So every second bridge with another above it is a switch.
    const bridges = bridgesAbove(device, byAddress);
    const switches = bridges
      .filter((_, i) => i % 2 === 1 && i + 1 < bridges.length)
      .map((upstream) => ({ address: upstream, link: byAddress.get(upstream)?.link ?? null }));
    return [
      {
        address,
        kind,
        model,
        vendor: device.vendor,
        device: device.device,
        class: device.class === "" ? null : device.class,
        node: device.node,
        cell,
        root: device.root,
        switch: switches[0]?.address ?? null,
        switches,
        barBytes: device.barBytes,
        link: device.link,
        profile: isPart ? model : null,
        companions: alongWith(companions),
      },
    ];
  };
  return [
    ...layout.flatMap((cell, i) => cell.accelerators.flatMap((d) => describe(d, "accelerator", i))),
    ...layout.flatMap((cell, i) => cell.nics.flatMap((d) => describe(d, "nic", i))),
  ];
}
