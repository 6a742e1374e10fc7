import type { Layout } from "../../src/placement/layout/layout.ts";
import { searchSpace } from "../../src/placement/search/search.ts";
import { freeAccelerators, isWanted } from "../../src/placement/space/devices.ts";
import { spaceOn } from "../../src/placement/space/space.ts";
import { keptCpus } from "../../src/plan/check/kept-cpus.ts";
import type { HostState } from "../../src/plan/host-state.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { RefusalReason, RefusalWay } from "../../src/plan/refusal.ts";
import type { Request } from "../../src/request/request.ts";
import { indexSet, indices, size } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";
import { knownCpus, knownPools } from "../../src/topology/node-facts.ts";
import { unknownParts } from "../../src/topology/unknown-settings.ts";
import type { Core, MemoryNode, Topology } from "../../src/topology/topology.ts";
import { at } from "../../src/unit/list.ts";
import { sumOf } from "../../src/unit/sum.ts";

/**
 * Carries out what the causes of a refusal ask for, on a copy of the host: adds the cores, pages,
 * memory and devices that are short, tells what is unknown, and takes isolation and links away as
 * demands. Shares nothing with `placement/refuse`; it reads the document alone.
 */

/** A host and a request, after some causes have been mended. */
export interface Case {
  readonly host: HostState;
  readonly request: Request;
}

/**
 * Whether a request fits with its cells on exactly these nodes; anywhere under `preferred`. Nodes
 * that are equals are told apart: the search would try only the first of them.
 */
export function fitsOn({ host, request }: Case, nodes: string): boolean {
  const { inventory, ...space } = spaceOn(host, request);
  const each = inventory.nodeIds.map((_, position) => position);
  const symmetry = { ...inventory.symmetry, nodeOrbit: each, nodeOrbitWithDevices: each };
  const wanted = indices(setOf(nodes)).join();
  const isThere = ({ cells }: Layout): boolean =>
    cells
      .map(({ node }) => node)
      .toSorted((a, b) => a - b)
      .join() === wanted;
  const isAnywhere = request.locality === "preferred";
  return (
    searchSpace(
      { ...space, inventory: { ...inventory, symmetry } },
      { any: true, accepts: isAnywhere ? undefined : isThere },
    ) !== null
  );
}

/**
 * The case with causes of a way mended. What several nodes lack together can be added to each of
 * them: one case for each node that gets it.
 */
export function mendedCases(
  before: Case,
  way: RefusalWay,
  reasons: readonly RefusalReason[],
): readonly Case[] {
  const { accelerators } = before.host.topology;
  const isPlacing = reasons.some(({ code }) => code === "accelerator-node-unknown");
  const turns = isPlacing ? accelerators.length : 1;
  return nodesOf(way).flatMap((node) =>
    Array.from({ length: turns }, (_, turn) => {
      const turned = [...accelerators.slice(turn), ...accelerators.slice(0, turn)];
      const order = turned.map(({ address }) => address);
      return reasons.reduce(
        (now, cause) => mended(now, way, cause, { node, order }),
        withKeptCores(before),
      );
    }),
  );
}

/**
 * The case with causes of a way mended by VMs that give up what it lacks: the machine stays what it
 * is, so a signature keeps its meaning.
 */
export function releasedCase(
  before: Case,
  way: RefusalWay,
  reasons: readonly RefusalReason[],
): Case {
  const host = reasons.reduce((now, { code, node }): HostState => {
    const on = node === null ? nodesOf(way) : [node];
    switch (code) {
      case "cores-short":
      case "cpus-short":
        return withoutVcpus(now, on);
      case "memory-short":
      case "hugepages-short":
      case "hugepages-absent":
        return withoutMemory(now, on);
      case "accelerators-short":
      case "accelerators-unlinked":
      case "partition-unavailable":
        return withoutHolders(now, "accelerators", on);
      case "nics-short":
        return withoutHolders(now, "nics", on);
      case "isolation-conflict":
        return { ...now, taken: [] };
      case "accelerator-model-unknown":
      case "accelerator-node-unknown":
      case "cache-unknown":
      case "cores-unknown":
      case "kept-away":
      case "slowdown-exceeded":
      case "memory-unknown":
      case "nics-unknown":
      case "search-ended":
      case "signature-unavailable":
        return now;
    }
  }, before.host);
  return { ...before, host };
}

function withCells(host: HostState, change: (cell: Plan["cells"][number]) => object): HostState {
  const taken = host.taken.map((plan) => ({
    ...plan,
    cells: plan.cells.map((cell) => ({ ...cell, ...change(cell) })),
  }));
  return { ...host, taken };
}

function withoutVcpus(host: HostState, on: readonly number[]): HostState {
  const own = host.topology.cores.filter(({ node }) => node !== null && on.includes(node));
  const gone = new Set(own.flatMap(({ cpus }) => indices(setOf(cpus))));
  const isGone = (vcpu: Plan["cells"][number]["vcpus"][number]): boolean =>
    "cpu" in vcpu ? gone.has(vcpu.cpu) : indices(setOf(vcpu.cpus)).some((cpu) => gone.has(cpu));
  return withCells(host, ({ vcpus }) => ({ vcpus: vcpus.filter((vcpu) => !isGone(vcpu)) }));
}

function withoutMemory(host: HostState, on: readonly number[]): HostState {
  const nodes = host.topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: null })) ?? null,
  }));
  const freed = { ...host, topology: { ...host.topology, nodes } };
  return withCells(freed, ({ memoryOnNodes }) => ({
    memoryOnNodes: memoryOnNodes.filter(({ node }) => !on.includes(node)),
  }));
}

/** Without the devices that are held in one group with an accelerator or a NIC of these nodes. */
function withoutHolders(
  host: HostState,
  kind: "accelerators" | "nics",
  on: readonly number[],
): HostState {
  const nodeOf = new Map(host.topology.pci.map(({ address, node }) => [address, node]));
  const isThere = (address: string): boolean => {
    const node = nodeOf.get(address) ?? null;
    return node !== null && on.includes(node);
  };
  const gone = new Set(host.topology[kind].map(({ address }) => address).filter(isThere));
  const taken = host.taken.map((plan) => ({
    ...plan,
    devices: plan.devices.filter(({ address, companions }) =>
      [address, ...companions].every((one) => !gone.has(one)),
    ),
  }));
  return { ...host, taken };
}

function nodesOf({ nodes }: RefusalWay): readonly number[] {
  return indices(setOf(nodes));
}

/** What the causes leave open: the node that gets what several lack, and the devices to prefer. */
interface Preference {
  readonly node: number;
  readonly order: readonly string[];
}

/** The host with the cores that it keeps by number kept by name, so that new ones are not. */
function withKeptCores({ host, request }: Case): Case {
  const { policy, topology } = host;
  if (policy.reserved.cpus !== null) return { host, request };
  const cpus = formatList(keptCpus(topology, policy));
  const reserved = { ...policy.reserved, cpus };
  return { host: { ...host, policy: { ...policy, reserved } }, request };
}

function mended(now: Case, way: RefusalWay, cause: RefusalReason, prefer: Preference): Case {
  const { host, request } = now;
  const { code, needs, has } = cause;
  const node = cause.node === null ? prefer.node : cause.node;
  const more = (needs === null ? 0 : needs) - (has === null ? 0 : has);
  const onTopology = (topology: Topology): Case => ({ host: { ...host, topology }, request });
  switch (code) {
    case "cores-short":
    case "cores-unknown":
      return onTopology(withCores(host.topology, node, more));
    case "cpus-short":
      return onTopology(withCores(host.topology, node, Math.ceil(more / widthOf(host.topology))));
    case "memory-short":
      return onTopology(withMemory(now, node, more));
    case "memory-unknown":
      return onTopology(withKnownMemory(now, node, more));
    case "hugepages-short":
    case "hugepages-absent":
      return onTopology(withPages(host.topology, node, more, request.hugepageBytes));
    case "nics-short":
      return onTopology(withNics(host.topology, node, more));
    case "nics-unknown":
      return onTopology(withKnownNics(host.topology, at(nodesOf(way), 0)));
    case "accelerators-short":
      return withAccelerators(now, nodesOf(way), { node, of: cause.node }, more);
    case "accelerator-node-unknown":
      return withPlaced(
        now,
        nodesOf(way),
        cause.node === null ? at(nodesOf(way), 0) : node,
        more,
        prefer.order,
      );
    case "accelerator-model-unknown":
      return onTopology(withModels(host.topology, cause.node, request.accelerators.model));
    case "accelerators-unlinked":
      return {
        host,
        request: { ...request, accelerators: { ...request.accelerators, link: "any" } },
      };
    case "partition-unavailable":
      return withPartition(now, nodesOf(way));
    case "isolation-conflict":
      return withoutIsolation(now);
    case "cache-unknown":
      return onTopology({
        ...host.topology,
        cores: host.topology.cores.map((core) => ({
          ...core,
          l3: core.l3 === null ? 10_000 + core.id : core.l3,
        })),
      });
    case "signature-unavailable":
      return { host, request: { ...request, signature: null } };
    case "kept-away":
    case "slowdown-exceeded":
    case "search-ended":
      throw new Error(`nothing mends ${code}`);
  }
}

/**
 * The partitions of the size asked for on the nodes freed of the VMs that have some of them; sets
 * of any accelerators where the host declares none of that size there.
 */
function withPartition({ host, request }: Case, nodes: readonly number[]): Case {
  const { topology, policy } = host;
  const freed = partitionsOn({ host, request }, nodes);
  if (freed.length > 0) return { request, host: withoutDevices(host, freed) };
  return {
    request,
    host: {
      ...host,
      topology: { ...topology, partitions: [] },
      policy: { ...policy, partitions: null },
    },
  };
}

/** The accelerators of the partitions of the size asked for that lie on a way's nodes. */
function partitionsOn({ host, request }: Case, nodes: readonly number[]): readonly string[] {
  const { topology, policy } = host;
  const declared = policy.partitions === null ? topology.partitions : policy.partitions;
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  return declared
    .filter(({ accelerators }) => accelerators.length === request.accelerators.count)
    .filter(({ accelerators }) => {
      const own = new Set(accelerators.map((address) => nodeOf.get(address) ?? null));
      const isOn =
        own.has(null) || (own.size === nodes.length && nodes.every((node) => own.has(node)));
      return request.locality === "preferred" || isOn;
    })
    .flatMap(({ accelerators }) => accelerators);
}

/**
 * The host with devices that are nobody's, each in no IOMMU group; what went with them stays held.
 */
function withoutDevices(host: HostState, gone: readonly string[]): HostState {
  const isGone = new Set(gone);
  const taken = host.taken.map((plan) => ({
    ...plan,
    devices: plan.devices.flatMap((device) => {
      const [address, ...companions] = [device.address, ...device.companions].filter(
        (one) => !isGone.has(one),
      );
      return address === undefined ? [] : [{ ...device, address, companions }];
    }),
  }));
  const pci = host.topology.pci.map((entry) =>
    isGone.has(entry.address) ? { ...entry, iommuGroup: null } : entry,
  );
  return { ...host, taken, topology: { ...host.topology, pci } };
}

function withoutIsolation({ host, request }: Case): Case {
  const shared = (isolation: Request["isolation"]): Request["isolation"] =>
    isolation === "shared" ? "shared" : "core";
  return {
    request: { ...request, isolation: shared(request.isolation) },
    host: {
      ...host,
      taken: host.taken.map((plan) => ({ ...plan, isolation: shared(plan.isolation) })),
    },
  };
}

function widthOf({ cores }: Topology): number {
  const widths = cores.map(({ cpus }) => size(setOf(cpus)));
  const times = (width: number): number => widths.filter((one) => one === width).length;
  const [usual] = [...new Set(widths)].toSorted((a, b) => times(b) - times(a) || b - a);
  // Cores of a machine that has none yet.
  return usual === undefined ? 1 : usual;
}

function changedNode(
  topology: Topology,
  id: number,
  change: (node: MemoryNode) => MemoryNode,
): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) => (node.id === id ? change(node) : node)),
  };
}

function withCores(topology: Topology, id: number, more: number): Topology {
  const width = widthOf(topology);
  // Whatever else there is to say of a core is as for the first.
  const [like] = topology.cores;
  const used = [...topology.cores.map(({ cpus }) => cpus), topology.offlineCpus];
  const first = 1 + Math.max(-1, ...used.flatMap((list) => indices(setOf(list))));
  const cores = Array.from({ length: more }, (_, i): Core => {
    const cpus = Array.from({ length: width }, (__, thread) => first + i * width + thread);
    const own = topology.cores.length + i;
    return {
      class: null,
      ...like,
      id: own,
      package: null,
      die: null,
      cluster: null,
      l3: 20_000 + own,
      node: id,
      cpus: formatList(indexSet(cpus)),
    };
  });
  const cpus = cores.flatMap((core) => indices(setOf(core.cpus)));
  const grown = changedNode(topology, id, (node) => ({
    ...node,
    cpus: formatList(indexSet([...indices(knownCpus(node)), ...cpus])),
  }));
  return { ...grown, cores: [...topology.cores, ...cores] };
}

/** More free memory: of a node that gets its first, the host keeps its part on top. */
function withMemory({ host }: Case, id: number, bytes: number): Topology {
  const { memoryPerNodeBytes } = host.policy.reserved;
  return changedNode(host.topology, id, (node) => {
    const kept = node.memoryBytes === 0 ? memoryPerNodeBytes : 0;
    return {
      ...node,
      memoryBytes: node.memoryBytes === null ? null : node.memoryBytes + bytes + kept,
    };
  });
}

function withKnownMemory({ host, request }: Case, id: number, amount: number): Topology {
  const bytes = request.hugepageBytes === null ? amount : amount * request.hugepageBytes;
  const known = changedNode(host.topology, id, (node) => ({
    ...node,
    hugepages: knownPools(node),
    memoryBytes:
      sumOf(knownPools(node), ({ sizeBytes, total }) => sizeBytes * total) +
      (request.hugepageBytes === null ? bytes + host.policy.reserved.memoryPerNodeBytes : 1),
  }));
  return request.hugepageBytes === null
    ? known
    : withPages(known, id, amount, request.hugepageBytes);
}

function withPages(topology: Topology, id: number, more: number, size_: number | null): Topology {
  if (size_ === null) throw new Error("pages of no size");
  return changedNode(topology, id, (node) => {
    const none = { sizeBytes: size_, total: 0, free: null };
    const before = knownPools(node).find(({ sizeBytes }) => sizeBytes === size_) ?? none;
    const pool = {
      sizeBytes: size_,
      total: before.total + more,
      free: before.free === null ? null : before.free + more,
    };
    const others = knownPools(node).filter(({ sizeBytes }) => sizeBytes !== size_);
    return {
      ...node,
      memoryBytes: node.memoryBytes === null ? null : node.memoryBytes + more * size_,
      hugepages: [...others, pool].toSorted((a, b) => a.sizeBytes - b.sizeBytes),
    };
  });
}

/** The accelerators of one node, or of unknown node, whose model was unknown, of a model. */
function withModels(topology: Topology, on: number | null, model: string | null): Topology {
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const isThere = (address: string): boolean => (nodeOf.get(address) ?? null) === on;
  const accelerators = topology.accelerators.map((entry) =>
    entry.model === null && isThere(entry.address) ? { ...entry, model } : entry,
  );
  return { ...topology, accelerators };
}

/** New PCI functions of their own root on a node, with addresses in a domain of their own. */
function functionsOn(topology: Topology, node: number, more: number): Topology["pci"] {
  return Array.from({ length: more }, (_, i) => {
    const number = topology.pci.length + i;
    const bus = `${Math.floor(number / 32)}`.padStart(2, "0");
    const slot = (number % 32).toString(16).padStart(2, "0");
    return {
      address: `fffe:${bus}:${slot}.0`,
      parent: null,
      root: `pcifffe:${bus}`,
      class: "030200",
      vendor: "10de",
      device: "2330",
      hostUse: null,
      node,
      iommuGroup: null,
      driver: null,
      link: null,
      barBytes: [],
      physicalFunction: null,
      acsRedirect: null,
      atsEnabled: null,
      interrupts: null,
    };
  });
}

function withNics(topology: Topology, node: number, more: number): Topology {
  const pci = functionsOn(topology, node, more);
  return {
    ...topology,
    pci: [...topology.pci, ...pci],
    nics: [
      ...topology.nics,
      ...pci.map(({ address }) => ({ address, name: null, rdma: true, ports: null })),
    ],
  };
}

function withKnownNics(topology: Topology, node: number): Topology {
  const isNic = new Set(topology.nics.map(({ address }) => address));
  return {
    ...topology,
    pci: topology.pci.map((entry) =>
      isNic.has(entry.address) && entry.node === null ? { ...entry, node } : entry,
    ),
    nics: topology.nics.map((nic) => ({ ...nic, rdma: nic.rdma === null ? true : nic.rdma })),
  };
}

/**
 * Accelerators of the model asked for, linked as asked with all others; where partitions are sold,
 * those of the partitions on the way's nodes are made so.
 */
function withAccelerators(
  { host, request }: Case,
  nodes: readonly number[],
  { node, of }: { readonly node: number; readonly of: number | null },
  more: number,
): Case {
  const { topology, policy } = host;
  const members = partitionsOn({ host, request }, nodes);
  if (members.length > 0) {
    const nodeOf = new Map(topology.pci.map((entry) => [entry.address, entry.node]));
    const own = members.filter((address) => (nodeOf.get(address) ?? null) === of);
    const named = topology.accelerators.map((entry) =>
      own.includes(entry.address) ? { ...entry, model: request.accelerators.model } : entry,
    );
    const changed = { ...host, topology: { ...topology, accelerators: named } };
    return { request, host: withoutDevices(changed, own) };
  }
  const pci = functionsOn(topology, node, more);
  const { model, link } = request.accelerators;
  const added = pci.map(({ address }) => ({
    address,
    model,
    uuid: null,
    moduleId: null,
    memoryBytes: null,
    ...unknownParts,
  }));
  const all = [...topology.accelerators, ...added];
  const pairs = added.flatMap((one) =>
    all
      .filter(({ address }) => address !== one.address)
      .map((other) => ({
        a: [one.address, other.address].toSorted()[0] ?? "",
        b: [one.address, other.address].toSorted()[1] ?? "",
      })),
  );
  const own = [...new Map(pairs.map((pair) => [`${pair.a} ${pair.b}`, pair])).values()];
  return {
    request,
    host: {
      ...host,
      policy: { ...policy, accelerators: null },
      topology: {
        ...topology,
        pci: [...topology.pci, ...pci],
        accelerators: all,
        links:
          link === "nvlink"
            ? [
                ...topology.links,
                ...own.map((pair) => ({ ...pair, kind: "nvlink", lanes: 18 }) as const),
              ]
            : topology.links,
        interconnects:
          link === "switch"
            ? [
                ...topology.interconnects,
                ...own.map((pair) => ({ ...pair, class: "PIX" }) as const),
              ]
            : topology.interconnects,
      },
    },
  };
}

/**
 * Free accelerators of unknown node put on one, until it has as many as are needed; where
 * partitions are sold, those of the partitions on the way's nodes.
 */
function withPlaced(
  { host, request }: Case,
  nodes: readonly number[],
  node: number,
  needs: number,
  order: readonly string[],
): Case {
  const members = partitionsOn({ host, request }, nodes);
  const free = freeAccelerators(spaceOn(host, request))
    .filter((device) => isWanted(device, request.accelerators.model))
    .toSorted((a, b) => order.indexOf(a.address) - order.indexOf(b.address));
  const here = free.filter((device) => device.node === node).length;
  const unplaced = free.filter((device) => device.node === null).map(({ address }) => address);
  const moved = new Set(
    members.length > 0 ? members : unplaced.slice(0, Math.max(0, needs - here)),
  );
  const pci = host.topology.pci.map((entry) =>
    moved.has(entry.address) && entry.node === null ? { ...entry, node } : entry,
  );
  return { request, host: { ...host, topology: { ...host.topology, pci } } };
}
