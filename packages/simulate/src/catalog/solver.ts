import { createFleet, type Fleet } from "@evenkeel/core/fleet/fleet.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import type { SoldFlavor } from "@evenkeel/core/placement/capacity/loss.ts";
import { type Inventory, inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy, type Use } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import type { LayoutCell } from "@evenkeel/core/placement/layout/layout.ts";
import { layoutSignature } from "@evenkeel/core/placement/layout/layout-signature.ts";
import { demandOf } from "@evenkeel/core/placement/host-class/demand.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { valueOf } from "@evenkeel/core/unit/list.ts";
import type { TaskShare, Task } from "../fleet/task.ts";
import type { NodeAllocation } from "../fleet/allocations.ts";
import type { Choice, Policy, Setting } from "../policy/policy.ts";
import { largestPageBytes } from "./host-shape.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Evenkeel's fleet solver as a policy. It places on the full machine instead of plain numbers: it
 * knows cores, caches, switches and pages, and minimizes the predicted cost before the loss of what
 * the fleet can still sell. As sold flavors it gets what the policy of plain numbers knows: every
 * flavor with GPUs, weighted by the GPUs that are asked for in it.
 *
 * The solver keeps hosts of its own. Each decision is translated into an allocation, which the
 * simulation checks against its own hosts.
 */
export function solverPolicy(machine: Topology, hostPolicy: HostPolicy): Policy {
  return {
    name: "solver",
    title: "Evenkeel's solver, on the machine itself",
    source: "as evenkeel place decides",
    knowsNodes: true,
    start: (setting) => {
      const inventory = inventoryOf(machine, hostPolicy);
      const requests = new Map<Task, Request>(
        setting.demand.map(({ task }) => [
          task,
          inOneSignature(requestOf(task, machine), inventory),
        ]),
      );
      const fleet = fleetOf(inventory, setting, requests);
      const placed = new Map<Choice, { readonly host: string; readonly use: Use }>();
      const nodeAllocationOf = nodeAllocationsOn(machine);
      return {
        choose: (task) => {
          const decision = fleet.decide(requests.get(task) ?? requestOf(task, machine));
          if (decision === null) return null;
          const { host, use, found } = decision;
          fleet.take(host, use);
          const { best, space } = found;
          const allocation = best.cells.map((cell) =>
            nodeAllocationOf(cell, space.granuleBytes, task.gpuMilli),
          );
          const choice = { host: Number(host), allocation };
          placed.set(choice, { host, use });
          return choice;
        },
        onLeft: (choice) => {
          const held = placed.get(choice);
          invariant(held !== undefined, "a task that leaves was placed");
          fleet.release(held.host, held.use);
          placed.delete(choice);
        },
      };
    },
  };
}

/**
 * The solver's fleet: empty hosts named by their positions in the simulation, and the sold flavors.
 */
function fleetOf(
  inventory: Inventory,
  { hosts, demand }: Setting,
  requests: ReadonlyMap<Task, Request>,
): Fleet {
  const occupancy = emptyOccupancy(inventory);
  return createFleet(
    hosts.map((_, i) => ({ name: `${i}`, inventory, occupancy })),
    soldFlavors(demand, requests),
  );
}

/**
 * The request with the signature that its first VM gets on an empty host: all VMs of it are twins.
 */
function inOneSignature(request: Request, inventory: Inventory): Request {
  const occupancy = emptyOccupancy(inventory);
  const first = createFleet([{ name: "first", inventory, occupancy }], []).decide(request);
  if (first === null) return request;
  const { space, best } = first.found;
  return { ...request, signature: layoutSignature(space, best).signature };
}

/**
 * The flavors with GPUs, weighted by the GPUs asked for. The solver divides a loss by what an empty
 * host holds, so with these weights it grows with the square of the GPUs
 * (`policy/sellable-capacity.ts`).
 */
function soldFlavors(
  demand: readonly TaskShare[],
  requests: ReadonlyMap<Task, Request>,
): readonly SoldFlavor[] {
  return demand.flatMap(({ task, share }) => {
    const request = requests.get(task);
    if (request === undefined || task.gpus === 0) return [];
    return [{ demand: demandOf(request), weight: share * task.gpus }];
  });
}

/** The full request for a flavor of the catalog scenarios: whole cores with all threads, strict. */
function requestOf(task: Task, machine: Topology): Request {
  const threads = Math.max(1, Math.min(...machine.cores.map(({ cpus }) => size(setOf(cpus)))));
  return {
    name: task.name,
    tenant: null,
    flavor: task.name,
    signature: null,
    accelerators: { count: task.gpus, model: null, link: "any" },
    nics: { count: 0, rdma: false },
    vcpus: (task.cpuMilli / 1000) * threads,
    memoryBytes: task.memoryMib * MiB,
    hugepageBytes: largestPageBytes(machine),
    locality: "strict",
    isolation: "core",
    workload: "training",
  };
}

/**
 * Translates a cell of a layout into a node allocation. The simulation numbers only nodes with
 * CPUs, and the GPUs of each node in order.
 */
function nodeAllocationsOn({
  nodes,
  accelerators,
  pci,
}: Topology): (cell: LayoutCell, granuleBytes: number, gpuMilli: number) => NodeAllocation {
  const positions = nodes.filter(({ cpus }) => cpus !== "").map(({ id }) => id);
  const nodeOf = new Map(pci.map(({ address, node }) => [address, node]));
  const gpusOn = new Map(
    positions.map((id) => [
      id,
      accelerators.map(({ address }) => address).filter((address) => nodeOf.get(address) === id),
    ]),
  );
  return (cell, granuleBytes, gpuMilli) => {
    const own = valueOf(gpusOn, cell.node);
    const count = (of: readonly { readonly count: number }[]): number =>
      sumOf(of, (one) => one.count);
    return {
      node: positions.indexOf(cell.node),
      cpuMilli: count(cell.units) * 1000,
      memoryMib: (count(cell.granules) * granuleBytes) / MiB,
      gpus: cell.accelerators.map(({ address }) => own.indexOf(address)),
      gpuMilli,
    };
  };
}
