import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Cell, Plan, PlanDevice } from "@evenkeel/core/placement/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Core, Topology } from "@evenkeel/core/topology/topology.ts";
import { blankPlan } from "../blank-plan.ts";
import { soldThreads } from "../offer.ts";
import { deviceOf } from "../placements.ts";
import type { Candidate } from "./candidates.ts";

/** What the vCPUs of a cell have: whole cores of their own, or a list of CPUs to float over. */
export type CellCpus = readonly Core[] | string;

/**
 * A candidate as a plan, so that the plan checker can judge it and a signature be read off it.
 *
 * @param cpus of each cell, in the cells' order.
 */
export function written(
  host: HostState,
  request: Request,
  { cells, accelerators, nics, partition }: Candidate,
  cpus: readonly CellCpus[],
): Plan {
  const { topology } = host;
  const width = soldThreads(topology.cores);
  const granuleBytes = request.hugepageBytes ?? 2 ** 21;
  const isWhole = request.vcpus % width === 0 && request.isolation !== "shared";
  const places = topology.nodes.map(({ id }) => id);
  const at = cells.map(({ node }) => places.indexOf(node));
  const surplus = cpus.some((own) => typeof own === "string")
    ? 0
    : cells.reduce((sum, cell) => sum + cell.units, 0) * width - request.vcpus;
  let next = 0;
  const writtenCells = cells.map(({ node, units, granules }, id): Cell => {
    const own = cpus[id] ?? [];
    const bytes = granules * granuleBytes;
    const threads =
      typeof own === "string"
        ? Array.from({ length: units }, () => ({ id: next++, cpus: own }))
        : own
            .flatMap((core) => indices(setOf(core.cpus)).slice(0, width))
            .slice(0, id === 0 ? units * width - surplus : units * width)
            .map((cpu) => ({ id: next++, cpu }));
    const here = (list: Candidate["nics"]): string[] =>
      list.filter((device) => device.node === node).map(({ address }) => address);
    return {
      id,
      hostNode: node,
      memoryNodes: `${node}`,
      memoryPolicy: "strict",
      memoryBytes: bytes,
      memoryOnNodes: [{ node, bytes }],
      pageBytes: request.hugepageBytes ?? topology.machine.pageBytes ?? 4096,
      vcpus: threads,
      accelerators: here(accelerators),
      nics: here(nics),
    };
  });
  return {
    ...blankPlan,
    vm: request.name,
    host: topology.name,
    topologyDigest: topologyDigest(topology),
    locality: "strict",
    isolation: request.isolation,
    threadsPerCore: isWhole ? width : 1,
    cells: writtenCells,
    distances:
      topology.distances && at.map((i) => at.map((j) => topology.distances?.[i]?.[j] ?? 0)),
    // Any that the host keeps; where it keeps none, any at all.
    emulatorCpus: host.policy.reserved.cpus ?? topology.cores[0]?.cpus ?? "0",
    partition,
    devices: devices(topology, { cells, accelerators, nics, partition }),
  };
}

/** Each with the functions of its group that have not come along with another. */
function devices(topology: Topology, { cells, accelerators, nics }: Candidate): PlanDevice[] {
  const listed = new Set([...accelerators, ...nics].map(({ address }) => address));
  const one = (kind: PlanDevice["kind"], { address, node }: Candidate["nics"][number]) => {
    const group = topology.pci.find((device) => device.address === address)?.iommuGroup ?? null;
    const companions = topology.pci
      .filter((other) => group !== null && other.iommuGroup === group)
      .filter((other) => !other.class.startsWith("06") && !listed.has(other.address))
      .map((other) => other.address);
    for (const along of companions) listed.add(along);
    const cell = cells.findIndex((entry) => entry.node === node);
    return { ...deviceOf(topology, address, kind, cell), companions };
  };
  return [
    ...accelerators.map((device) => one("accelerator", device)),
    ...nics.map((device) => one("nic", device)),
  ];
}
