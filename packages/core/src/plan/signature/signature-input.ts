import { knownCpus } from "../../topology/node-facts.ts";
import { type NodeDistance, nodeDistances } from "../../cost/node-distance.ts";
import { EvenkeelError } from "../../error/evenkeel-error.ts";
import type { Isolation, Locality } from "../../request/virtual-machine.ts";
import { indices, isDisjoint, isEmpty } from "../../set/index-set.ts";
import { parseList, setOf } from "../../set/list-format.ts";
import { coreClassesOf, hasCoreClasses } from "../../topology/core-classes.ts";
import { type Interconnect, interconnects } from "../../topology/interconnect.ts";
import type { Core, MemoryKind, Topology } from "../../topology/topology.ts";
import { valueOf } from "../../unit/list.ts";
import { count, type Tally } from "../../unit/tally.ts";
import type { Cell, PlanParts } from "../plan.ts";

/**
 * The input of a placement's signature: every difference that its place can make to a VM of a
 * flavor, without names of hosts, nodes, cores or devices. Nodes, cells and devices are known by
 * their positions, which carry no meaning.
 *
 * Left out, because other VMs' arrivals and departures change them or because they belong to the
 * host: the size of a pool of shared cores, the CPUs of the emulator's threads, and the speed at
 * which links run at the moment.
 */
export interface SignatureInput {
  readonly isolation: Isolation;
  readonly cpuModel: string | null;
  /** As the guest sees them. */
  readonly threadsPerCore: number;
  /** Whether the accelerators are a fabric partition, alone behind their switches. */
  readonly partitioned: boolean;
  /** The host nodes that the VM has anything on. */
  readonly nodes: readonly SignatureNode[];
  /** From row to column. Class and rank count; the SLIT distance is only for the text. */
  readonly distances: readonly (readonly NodeDistance[])[];
  readonly cells: readonly SignatureCell[];
  readonly devices: readonly SignatureDevice[];
  /** Between every two devices; null where unknown, and between a device and itself. */
  readonly interconnects: readonly (readonly (Interconnect | null)[])[];
}

export interface SignatureNode {
  readonly memoryKind: MemoryKind | null;
}

export interface SignatureCell {
  /** The node that the cell stands for. */
  readonly hostNode: number;
  readonly memoryPolicy: Locality;
  readonly pageBytes: number;
  /** The memory on each node. */
  readonly memory: readonly { readonly node: number; readonly bytes: number }[];
  readonly cores: readonly SignatureCore[];
  /** vCPUs that are not pinned, by the nodes and classes of the cores that they float over. */
  readonly pools: readonly SignaturePool[];
}

export interface SignaturePool {
  readonly nodes: readonly number[];
  /** The classes of its cores, ascending; none on a machine whose cores are all alike. */
  readonly classes: readonly (number | null)[];
  readonly vcpus: number;
}

/** A core that vCPUs are pinned to. */
export interface SignatureCore {
  readonly node: number | null;
  /** Its last-level cache, which other cells may have cores of too; null where unknown. */
  readonly l3: number | null;
  /** Its class; null on a machine whose cores are all alike, or where nobody told any. */
  readonly class: number | "unknown" | null;
  /** How many of its threads are the VM's, and how many it has. */
  readonly vcpus: number;
  readonly threads: number;
}

export interface SignatureDevice {
  readonly kind: "accelerator" | "nic";
  readonly model: string | null;
  readonly vendor: string | null;
  readonly device: string | null;
  readonly cell: number;
  readonly node: number | null;
  readonly maxSpeedGTs: number | null;
  readonly maxWidth: number | null;
}

/**
 * Reads the inputs of signatures from plans and the topology that they were made on. Throws
 * `plan-inconsistent` when a plan names a CPU or a node that does not exist.
 */
export function signatureInputs(topology: Topology): (plan: PlanParts) => SignatureInput {
  const machine = machineOf(topology);
  const distanceOf = nodeDistances(topology);
  const interconnect = interconnects(topology);
  return (plan) => {
    const located = plan.cells.map((cell) => locatedCell(cell, machine));
    const deviceNodes = plan.devices.flatMap(({ node }) => (node === null ? [] : [node]));
    const ids = [...new Set([...located.flatMap(nodesOf), ...deviceNodes])];
    const position = (id: number): number => ids.indexOf(id);
    return {
      isolation: plan.isolation,
      cpuModel: topology.machine.cpuModel,
      threadsPerCore: plan.threadsPerCore,
      partitioned: plan.partition !== null,
      nodes: ids.map((id) => ({ memoryKind: machine.memoryKind(id) })),
      distances: ids.map((from) => ids.map((to) => distanceOf(from, to))),
      cells: located.map((cell) => renumbered(cell, position)),
      devices: plan.devices.map(({ kind, model, vendor, device, cell, node, link }) => ({
        kind,
        model,
        vendor,
        device,
        cell,
        node: node === null ? null : position(node),
        maxSpeedGTs: link?.maxSpeedGTs ?? null,
        maxWidth: link?.maxWidth ?? null,
      })),
      interconnects: plan.devices.map(({ address: a }) =>
        plan.devices.map(({ address: b }) => (a === b ? null : interconnect(a, b))),
      ),
    };
  };
}

/** A cell by the host's node ids, before they become positions. */
function locatedCell(cell: Cell, machine: MachineLookup): SignatureCell {
  const pinned: Tally<Core> = new Map();
  const floating: Omit<SignaturePool, "vcpus">[] = [];
  for (const vcpu of cell.vcpus) {
    if ("cpu" in vcpu) count(pinned, machine.core(vcpu.cpu));
    else floating.push(machine.pool(vcpu.cpus));
  }
  return {
    hostNode: cell.hostNode,
    memoryPolicy: cell.memoryPolicy,
    pageBytes: cell.pageBytes,
    memory: cell.memoryOnNodes.filter(({ bytes }) => bytes > 0),
    cores: [...pinned].map(([core, vcpus]) => {
      const threads = machine.threads(core);
      return { node: core.node, l3: core.l3, class: machine.classOf(core), vcpus, threads };
    }),
    pools: [...Map.groupBy(floating, (pool) => JSON.stringify(pool)).values()].flatMap(
      ([pool, ...more]) => (pool === undefined ? [] : [{ ...pool, vcpus: 1 + more.length }]),
    ),
  };
}

function nodesOf({ hostNode, memory, cores, pools }: SignatureCell): number[] {
  const ofCores = cores.flatMap(({ node }) => (node === null ? [] : [node]));
  return [
    hostNode,
    ...memory.map(({ node }) => node),
    ...ofCores,
    ...pools.flatMap((pool) => pool.nodes),
  ];
}

function renumbered(cell: SignatureCell, position: (id: number) => number): SignatureCell {
  return {
    ...cell,
    hostNode: position(cell.hostNode),
    memory: cell.memory.map(({ node, bytes }) => ({ node: position(node), bytes })),
    cores: cell.cores.map((core) => {
      return { ...core, node: core.node === null ? null : position(core.node) };
    }),
    pools: cell.pools.map((pool) => ({ ...pool, nodes: pool.nodes.map(position) })),
  };
}

interface MachineLookup {
  readonly memoryKind: (node: number) => MemoryKind | null;
  /** The core that has a CPU. */
  readonly core: (cpu: number) => Core;
  readonly threads: (core: Core) => number;
  /** Its class, where the machine has several. */
  readonly classOf: (core: Core) => SignatureCore["class"];
  /** The nodes that have any of the CPUs in a list string, and the classes of their cores. */
  readonly pool: (cpus: string) => Omit<SignaturePool, "vcpus">;
}

function machineOf({ nodes, cores, name }: Topology): MachineLookup {
  const classed = hasCoreClasses({ cores });
  const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
  const coreOf = new Map<number, Core>();
  const threads = new Map<Core, number>();
  for (const core of cores) {
    const cpus = indices(setOf(core.cpus));
    threads.set(core, cpus.length);
    for (const cpu of cpus) coreOf.set(cpu, core);
  }
  const cpusOf = nodes.map((node) => ({ id: node.id, cpus: knownCpus(node) }));
  const refuse = (what: string): EvenkeelError =>
    new EvenkeelError("plan-inconsistent", `the plan names ${what}, which ${name} does not have`, {
      where: "plan",
      expected: "a plan made on the topology that it is held against",
      remedy: "place the VM again on the topology as it is now",
    });
  return {
    memoryKind(node) {
      const kind = kinds.get(node);
      if (kind === undefined) throw refuse(`node ${node}`);
      return kind;
    },
    core(cpu) {
      const core = coreOf.get(cpu);
      if (core === undefined) throw refuse(`CPU ${cpu}`);
      return core;
    },
    threads: (core) => valueOf(threads, core),
    classOf: (core) => (classed ? (core.class ?? "unknown") : null),
    pool(list) {
      const pool = parseList(list);
      if (pool === null || isEmpty(pool)) throw refuse(`CPUs "${list}"`);
      const below = classed ? cores.filter((core) => !isDisjoint(setOf(core.cpus), pool)) : [];
      return {
        nodes: cpusOf.filter(({ cpus }) => !isDisjoint(cpus, pool)).map(({ id }) => id),
        classes: coreClassesOf(below),
      };
    },
  };
}
