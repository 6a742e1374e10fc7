import type { Evidence } from "../../evidence/evidence.ts";
import { search } from "../../placement/search/search.ts";
import { isHugepage } from "../../plan/plan.ts";
import { withoutFreePages } from "../../plan/sellable-pages.ts";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { sum, sumOf } from "../../unit/sum.ts";

/** The nodes that placement would give a VM. */
export interface Yardstick {
  /** Those with its cells. */
  readonly cells: ReadonlySet<number>;
  /** Those with its memory. */
  readonly memory: ReadonlySet<number>;
}

/**
 * What placement would give a running VM on its machine if that were empty: the yardstick for a VM
 * that has no plan. The VM is read as a request with the devices that it has. The strictest answer
 * counts: whole on its nodes and with cores of its own, otherwise with less.
 *
 * Null for anything but a VM, and where its size is not known or nothing of that size fits.
 */
export function yardstickOf(evidence: Evidence, topology: Topology): Yardstick | null {
  const request = requestOf(evidence, topology);
  if (request === null) return null;
  // Huge pages that it has itself, or others have, are not free now. On an empty machine they are.
  const empty = withoutFreePages(topology);
  const host = { topology: empty, taken: [], policy: policyFor(evidence, topology) };
  for (const asked of relaxed(request)) {
    const cells = search(host, asked)?.best.cells;
    if (cells === undefined) continue;
    return {
      cells: new Set(cells.map(({ node }) => node)),
      memory: new Set(cells.flatMap(({ granules }) => granules.map(({ node }) => node))),
    };
  }
  return null;
}

/** A VM as a request, by what its shapes and its process tell; null where its size is unknown. */
function requestOf(evidence: Evidence, topology: Topology): Request | null {
  const { of, name, shapes, memory } = evidence;
  if (of !== "vm") return null;
  const vcpus = vcpuCount(evidence);
  const cells = shapes.find((shape) => (shape.cells ?? []).length > 0)?.cells ?? [];
  const sizes = cells.flatMap((cell) => cell.memoryBytes ?? []);
  const isSaid = cells.length > 0 && sizes.length === cells.length;
  const own = (memory ?? []).filter(({ kind }) => kind !== "file");
  const memoryBytes = isSaid ? sum(sizes) : sumOf(own, ({ bytes }) => bytes);
  if (vcpus === null || memoryBytes === 0) return null;
  const pages = [...cells, ...own].flatMap(({ pageBytes }) => pageBytes ?? []);
  const { accelerators, nics } = devicesOf(evidence, topology);
  return {
    name,
    tenant: null,
    flavor: null,
    signature: null,
    accelerators: { count: accelerators.length, model: null, link: "any" },
    nics: { count: nics.length, rdma: false },
    vcpus,
    memoryBytes,
    hugepageBytes: pages.find(isHugepage) ?? null,
    locality: "strict",
    isolation: "core",
    workload: "inference",
  };
}

/** How many vCPUs a VM has, as it is told or as its threads are counted; null where unknown. */
export function vcpuCount({ shapes, threads }: Evidence): number | null {
  const told = shapes.flatMap(({ cpu }) => cpu?.vcpus ?? [])[0];
  if (told !== undefined && told > 0) return told;
  if (threads === null || threads.some(({ role }) => role === null)) return null;
  return threads.filter(({ role }) => role?.kind === "vcpu").length || null;
}

/** The accelerators and NICs that a VM has. */
export function devicesOf(
  { devices, shapes }: Evidence,
  topology: Topology,
): { readonly accelerators: readonly string[]; readonly nics: readonly string[] } {
  const given = new Set([
    ...devices.map(({ address }) => address),
    ...shapes.flatMap((shape) => (shape.devices ?? []).map(({ hostAddress }) => hostAddress)),
  ]);
  const among = (listed: readonly { readonly address: string }[]): string[] =>
    listed.map(({ address }) => address).filter((address) => given.has(address));
  return { accelerators: among(topology.accelerators), nics: among(topology.nics) };
}

/** Nothing is kept for the host, and no devices are sold but those that the VM has. */
function policyFor(evidence: Evidence, topology: Topology): HostPolicy {
  return {
    ...defaultHostPolicy,
    reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
    ...devicesOf(evidence, topology),
  };
}

function* relaxed(request: Request): Generator<Request> {
  for (const hugepageBytes of new Set([request.hugepageBytes, null])) {
    for (const locality of ["strict", "preferred"] as const) {
      for (const isolation of ["core", "shared"] as const) {
        yield { ...request, hugepageBytes, locality, isolation };
      }
    }
  }
}
