import { canonicalJson } from "../../hash/canonical-json.ts";
import { copyPaths } from "../../cost/copy-path.ts";
import { interconnects, pciInterconnects } from "../../topology/interconnect.ts";
import type { Inventory } from "./inventory.ts";

/**
 * The shape of a machine, as text: everything that the search, the costs and the signature look at,
 * by positions and without a name or an address. Placement cannot tell machines of one shape apart:
 * their hosts share host classes and answers.
 */
export function inventoryShape(inventory: Inventory): string {
  const before = shapes.get(inventory);
  if (before !== undefined) return before;
  const shape = shapeOf(inventory);
  shapes.set(inventory, shape);
  return shape;
}

const shapes = new WeakMap<Inventory, string>();

function shapeOf({ topology, cores, memory, devices }: Inventory): string {
  const between = interconnects(topology);
  const overPci = pciInterconnects(topology);
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  const sold = [...devices.accelerators, ...devices.nics];
  const position = new Map(sold.map((device, i) => [device.address, i]));
  const nodePosition = new Map(topology.nodes.map(({ id }, i) => [id, i]));
  return canonicalJson({
    machine: [topology.machine.cpuModel, topology.machine.architecture, topology.machine.pageBytes],
    nodes: topology.nodes.map(({ package: of, kind, cpus, memoryBytes }) => [
      of,
      kind,
      cpus === null ? null : cpus === "",
      memoryBytes === 0,
    ]),
    distances: topology.distances,
    access: topology.access.map((entry) => [
      nodePosition.get(entry.initiator) ?? null,
      nodePosition.get(entry.target) ?? null,
      entry.readLatencyNs,
      entry.readBytesPerSecond,
      entry.basis,
    ]),
    // What copies to devices were measured to cost; of other machines reads price them.
    copies: [...copyPaths(topology)].map(([from, row]) => [
      nodePosition.get(from) ?? null,
      [...row].map(([to, relative]) => [nodePosition.get(to) ?? null, relative]),
    ]),
    cores: cores.all.map((core) => [core.node, core.group, core.cpus.length, core.sold]),
    groups: cores.groups.map((group) => [
      group.node,
      group.cache,
      group.unknownCache,
      group.coreClass,
    ]),
    classes: cores.classes.length < 2 ? [] : cores.classes,
    memory: [memory.hugepageSizes, memory.pools],
    devices: sold.map((device) => {
      const entry = functions.get(device.address);
      return [
        device.node === null ? null : (nodePosition.get(device.node) ?? null),
        device.model,
        device.isPart,
        device.isBound,
        device.rdma,
        device.group,
        entry?.vendor ?? null,
        entry?.device ?? null,
        entry?.link?.maxSpeedGTs ?? null,
        entry?.link?.maxWidth ?? null,
      ];
    }),
    interconnects: sold.map(({ address: a }) =>
      sold.map(({ address: b }) => (a === b ? null : [between(a, b), overPci(a, b)])),
    ),
    partitions: topology.partitions.map(({ accelerators }) =>
      accelerators.map((address) => position.get(address) ?? null),
    ),
  });
}
