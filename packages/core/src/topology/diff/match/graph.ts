import { indices } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { pcieRateText } from "../../pcie-rate.ts";
import type { PciDevice, Topology } from "../../topology.ts";

/**
 * A machine's devices as a graph without names: functions, host bridges, IOMMU groups and nodes
 * without numbers, and what connects them. Two machines whose graphs are equal up to the vertices'
 * names hold the same devices in the same places.
 */
export interface DeviceGraph {
  readonly vertices: readonly Vertex[];
  /** Vertices of functions by address, of host bridges by name. */
  readonly positions: ReadonlyMap<string, number>;
  /** By vertex: the vertices that it is connected to, and how; what is said twice stands twice. */
  readonly edges: readonly (readonly Edge[])[];
}

export interface Vertex {
  readonly name: string;
  /** Function, host bridge, or what has no name of its own. */
  readonly is: "function" | "root" | "group";
  /** What it is for: only vertices of one kind are ever the same thing. */
  readonly kind: string;
  /** Kind and model: `gpu 10de:2330 H100 SXM5 80GB`. */
  readonly model: string;
  readonly node: number | null;
  /** All that it is, apart from names and from what it is connected to. */
  readonly traits: string;
  /** What may change while the machine runs, which tells exchangeable devices apart. */
  readonly state: string;
  /** What tells one unit from another of its model; null where unknown. */
  readonly uuid: string | null;
  /** Device and function number, which the wiring decides: `1f.0`. */
  readonly slot: string;
}

export interface Edge {
  readonly to: number;
  readonly label: string;
}

/** The graph of a machine. Linear in functions, links, and members of groups. */
export function deviceGraph(topology: Topology): DeviceGraph {
  const described = describer(topology);
  const functions = topology.pci.map(described);
  const roots = [...new Set(topology.pci.map(({ root }) => root))].map((name): Vertex => ({
    ...anonymous("root", "root"),
    name,
    is: "root",
  }));
  const groups = groupsOf(topology);
  const vertices = [...functions, ...roots, ...groups.map(({ vertex }) => vertex)];
  const positions = new Map(
    vertices.flatMap(({ name, is }, i) => (is === "group" ? [] : [[name, i] as const])),
  );
  const edges: Edge[][] = vertices.map(() => []);
  const connect = (
    a: number | undefined,
    b: number | undefined,
    [there, back]: readonly [string, string],
  ): void => {
    if (a === undefined || b === undefined) return;
    edges[a]?.push({ to: b, label: there });
    edges[b]?.push({ to: a, label: back });
  };
  const position = (name: string | null): number | undefined =>
    name === null ? undefined : positions.get(name);
  for (const { address, parent, root, physicalFunction } of topology.pci) {
    connect(position(address), position(parent ?? root), ["below", "above"]);
    connect(position(address), position(physicalFunction), ["part of", "has part"]);
  }
  const mutual = (a: string, b: string, label: string): void =>
    connect(position(a), position(b), [label, label]);
  for (const { a, b, kind, lanes } of topology.links) mutual(a, b, `${kind} ${lanes}`);
  for (const { a, b, class: name } of topology.interconnects) mutual(a, b, `stated ${name}`);
  for (const [i, { members }] of groups.entries()) {
    const group = functions.length + roots.length + i;
    for (const member of members) connect(position(member), group, ["in", "has"]);
  }
  return { vertices, positions, edges };
}

function anonymous(kind: string, traits: string): Omit<Vertex, "name" | "is"> {
  return { kind, model: kind, node: null, traits, state: "", uuid: null, slot: "" };
}

/** IOMMU groups and nodes without numbers, with the addresses of their members. */
function groupsOf({ pci, unnumberedNodes }: Topology): {
  readonly vertex: Vertex;
  readonly members: readonly string[];
}[] {
  const known = pci.filter(({ iommuGroup }) => iommuGroup !== null);
  const byNumber = Map.groupBy(known, ({ iommuGroup }) => iommuGroup);
  const group = (kind: string, traits: string, members: readonly string[]) => ({
    vertex: { ...anonymous(kind, traits), name: "", is: "group" } as const,
    members,
  });
  return [
    ...[...byNumber.values()].map((members) =>
      group(
        "iommu group",
        "",
        members.map(({ address }) => address),
      ),
    ),
    ...unnumberedNodes.map(({ devices, cpus }) =>
      group("node", cpus === null ? "?" : indices(setOf(cpus)).join(), devices),
    ),
  ];
}

/** What a function is, from all that the topology knows of it. */
function describer({ accelerators, nics, partitions }: Topology): (device: PciDevice) => Vertex {
  const acceleratorAt = new Map(accelerators.map((one) => [one.address, one]));
  const nicAt = new Map(nics.map((one) => [one.address, one]));
  const partitionsOf = new Map<string, number[]>();
  for (const { id, accelerators: members } of partitions) {
    for (const address of members) {
      partitionsOf.set(address, [...(partitionsOf.get(address) ?? []), id]);
    }
  }
  return (device) => {
    const { address, class: code, vendor, device: id, node, barBytes, link } = device;
    const accelerator = acceleratorAt.get(address) ?? null;
    const nic = nicAt.get(address) ?? null;
    const role = accelerator !== null ? "gpu" : nic !== null ? "nic" : `device ${code.slice(0, 4)}`;
    const kind = `${role}${device.physicalFunction === null ? "" : " part"}`;
    const model = `${kind} ${vendor}:${id} ${accelerator?.model ?? ""}`;
    const best = link === null ? null : pcieRateText(link.maxSpeedGTs, link.maxWidth);
    const memory = device.physicalFunction === null ? (accelerator?.memoryBytes ?? null) : null;
    const traits = [
      code,
      node,
      best,
      barBytes,
      accelerator?.moduleId,
      accelerator?.c2c,
      memory,
      nic?.rdma,
      partitionsOf.get(address),
    ];
    const state = [
      device.driver,
      link,
      device.acsRedirect,
      device.atsEnabled,
      device.interrupts?.allowedCpus,
      accelerator?.profile,
      accelerator?.migEnabled,
      accelerator?.instances,
      accelerator?.memoryBytes,
      accelerator?.productName,
      nic?.ports,
    ];
    return {
      name: address,
      is: "function",
      kind,
      model,
      node,
      traits: `${model} ${JSON.stringify(traits)}`,
      state: JSON.stringify(state),
      uuid: accelerator?.uuid ?? null,
      slot: address.slice(address.lastIndexOf(":") + 1),
    };
  };
}
