import { keptCpus } from "@evenkeel/core/plan/check/kept-cpus.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices, isDisjoint } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core, MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * What a host has left for one request, computed independently of the search's own space, from the
 * rules in the documentation and in sets of plain numbers. It knows the reserve and the partitions
 * of the operator's policy, and no patterns of devices.
 */
export interface Offer {
  readonly topology: Topology;
  /** Whole cores wanted, or CPUs where cores are shared; and granules of memory. */
  readonly units: number;
  readonly granules: number;
  readonly nodes: readonly OfferedNode[];
  readonly accelerators: readonly OfferedDevice[];
  readonly nics: readonly OfferedDevice[];
}

export interface OfferedNode {
  readonly id: number;
  readonly units: number;
  /** 0 where the node's memory is unknown, as none of it can be sold then. */
  readonly granules: number;
  /** Whether memory is interleaved over it: it has both CPUs and memory. */
  readonly interleaved: boolean;
}

export interface OfferedDevice {
  readonly address: string;
  readonly node: number;
  /** The accelerators and NICs that come along in its IOMMU group. */
  readonly along: readonly string[];
}

const cpusOf = (list: string): readonly number[] => indices(setOf(list));

/** The CPUs, cores, caches and nodes that plans hold. */
interface Held {
  readonly cpus: ReadonlySet<number>;
  readonly cores: ReadonlySet<number>;
  readonly caches: ReadonlySet<number | null>;
  readonly nodes: ReadonlySet<number>;
}

function heldBy(plans: readonly Plan[], topology: Topology): Held {
  const vcpus = plans.flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus));
  const cpus = new Set(vcpus.flatMap((v) => ("cpu" in v ? [v.cpu] : cpusOf(v.cpus))));
  const cores = topology.cores.filter((core) => cpusOf(core.cpus).some((cpu) => cpus.has(cpu)));
  const memory = plans.flatMap((plan) => plan.cells.flatMap((cell) => cell.memoryOnNodes));
  const computing = topology.nodes.filter((node) =>
    cpusOf(node.cpus ?? "").some((cpu) => cpus.has(cpu)),
  );
  return {
    cpus,
    cores: new Set(cores.map((core) => core.id)),
    caches: new Set(cores.map((core) => core.l3)),
    nodes: new Set([...computing.map(({ id }) => id), ...memory.map(({ node }) => node)]),
  };
}

/** The granule of a request's memory: its huge page, or 2 MiB of base pages. */
export const granuleBytesOf = ({ hugepageBytes }: Pick<Request, "hugepageBytes">): number =>
  hugepageBytes === null ? 2 ** 21 : hugepageBytes;

/** A host's offer to a request, without what is kept, held, or closed by an isolation. */
export function offerOf(host: HostState, request: Request): Offer {
  const { partitions } = host.policy;
  const topology = partitions === null ? host.topology : { ...host.topology, partitions };
  const threads = soldThreads(topology.cores);
  const shared = request.isolation === "shared";
  const closed = closures(host, request, topology);
  return {
    topology,
    units: shared ? request.vcpus : Math.ceil(request.vcpus / threads),
    granules: Math.ceil(request.memoryBytes / granuleBytesOf(request)),
    nodes: topology.nodes.map((node) => ({
      id: node.id,
      units: unitsOn(node, host, topology, { threads, shared, ...closed }),
      granules: closed.nodes.has(node.id) ? 0 : granulesOn(node, host, request),
      interleaved: node.cpus !== "" && node.memoryBytes !== null && node.memoryBytes > 0,
    })),
    ...devicesLeft(host, request, topology),
  };
}

/** The number of threads that most cores have; the greater of two that are equally common. */
function soldThreads(cores: readonly Core[]): number {
  const before = threads.get(cores);
  if (before !== undefined) return before;
  const widths = cores.map((core) => cpusOf(core.cpus).length);
  const common = (width: number): number => widths.filter((other) => other === width).length;
  const sold = [...new Set(widths)].reduce((best, width) =>
    common(width) > common(best) || (common(width) === common(best) && width > best) ? width : best,
  );
  threads.set(cores, sold);
  return sold;
}

/** Cached, as a machine's cores never change. */
const threads = new WeakMap<readonly Core[], number>();

interface Closures {
  readonly nodes: ReadonlySet<number>;
  readonly caches: ReadonlySet<number | null>;
}

/**
 * The nodes and caches that an isolation closes, whether the request or another VM asked for it.
 */
function closures({ taken }: HostState, request: Request, topology: Topology): Closures {
  const demanding = (level: Request["isolation"]): Held =>
    heldBy(
      taken.filter((plan) => request.isolation === level || plan.isolation === level),
      topology,
    );
  const alone = taken.some((plan) => plan.isolation === "host" || request.isolation === "host");
  return {
    nodes: alone ? new Set(topology.nodes.map(({ id }) => id)) : demanding("node").nodes,
    caches: new Set([
      ...demanding("l3").caches,
      // A core of an unknown cache cannot be shown to share none.
      ...(request.isolation === "l3" ? [null] : []),
    ]),
  };
}

interface Terms extends Closures {
  readonly threads: number;
  readonly shared: boolean;
}

function unitsOn(node: MemoryNode, host: HostState, topology: Topology, terms: Terms): number {
  if (terms.nodes.has(node.id)) return 0;
  const here = topology.cores.filter((core) => core.node === node.id);
  const kept = keptCpus(topology, host.policy);
  const held = heldBy(host.taken, topology);
  const cores = here.filter(
    (core) =>
      isDisjoint(setOf(core.cpus), kept) &&
      !held.cores.has(core.id) &&
      !terms.caches.has(core.l3) &&
      cpusOf(core.cpus).length >= terms.threads,
  );
  if (!terms.shared) return cores.length;
  const own = new Set(here.flatMap((core) => cpusOf(core.cpus)));
  const floating = host.taken
    .filter((plan) => plan.isolation === "shared")
    .flatMap((plan) => plan.cells.flatMap((cell) => cell.vcpus))
    .map((v) => ("cpus" in v ? cpusOf(v.cpus).filter((cpu) => own.has(cpu)) : []))
    .filter((pool) => pool.length > 0);
  const pooled = new Set(floating.flat()).size - floating.length;
  return pooled + cores.length * terms.threads;
}

function granulesOn(node: MemoryNode, { taken, policy }: HostState, request: Request): number {
  const held = (isCounted: (pageBytes: number) => boolean): number => {
    const cells = taken.flatMap((plan) => plan.cells).filter((cell) => isCounted(cell.pageBytes));
    const parts = cells.flatMap((cell) => cell.memoryOnNodes);
    return sumOf(parts, (part) => (part.node === node.id ? part.bytes : 0));
  };
  const { hugepageBytes } = request;
  if (hugepageBytes !== null) {
    const pool = (node.hugepages ?? []).find((entry) => entry.sizeBytes === hugepageBytes);
    if (pool === undefined) return 0;
    const unpromised = pool.total - held((bytes) => bytes === hugepageBytes) / hugepageBytes;
    return Math.max(0, pool.free === null ? unpromised : Math.min(unpromised, pool.free));
  }
  if (node.memoryBytes === null) return 0;
  const pools = sumOf(node.hugepages ?? [], (pool) => pool.sizeBytes * pool.total);
  const left =
    node.memoryBytes -
    pools -
    policy.reserved.memoryPerNodeBytes -
    held((pageBytes) => pageBytes < 2 ** 21);
  return Math.max(0, Math.floor(left / 2 ** 21));
}

function devicesLeft(
  host: HostState,
  request: Request,
  topology: Topology,
): Pick<Offer, "accelerators" | "nics"> {
  const held = new Set(host.taken.flatMap((plan) => plan.devices.flatMap(functionsOf)));
  const sold = new Set([...topology.accelerators, ...topology.nics].map((d) => d.address));
  const left = (address: string): OfferedDevice[] => {
    const own = topology.pci.find((device) => device.address === address);
    const group = topology.pci.filter(
      ({ iommuGroup, class: kind }) =>
        iommuGroup !== null && iommuGroup === own?.iommuGroup && !kind.startsWith("06"),
    );
    const going = new Set([address, ...group.map((device) => device.address)]);
    if (!going.isDisjointFrom(held)) return [];
    const along = [...going].filter((other) => other !== address && sold.has(other));
    const node = own?.node ?? null;
    // What lies on no known node is given to no VM.
    return node === null ? [] : [{ address, node, along }];
  };
  const model = request.accelerators.model?.toLowerCase() ?? null;
  return {
    accelerators: topology.accelerators
      .filter((a) => model === null || (a.model?.toLowerCase().includes(model) ?? false))
      .flatMap((a) => left(a.address)),
    nics: topology.nics
      .filter((nic) => !request.nics.rdma || nic.rdma === true)
      .flatMap((nic) => left(nic.address)),
  };
}
