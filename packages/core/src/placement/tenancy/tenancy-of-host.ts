import type { HostState } from "../../plan/host-state.ts";
import { type Holding, memoryBeyondPlan } from "../../plan/holding.ts";
import { functionsOf, isHugepage, type Plan } from "../../plan/plan.ts";
import { type IndexSet, indexSet, size, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import type { Tenancy, Tenant, TenantCell } from "../../topology/draw/tenancy.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import { occupancyOf } from "../occupancy/occupancy-of-host.ts";

/**
 * Who has what of a host, for drawings: its plans, the running VMs that have none, and a VM that is
 * being placed. What is left is what placement itself would still give: the same inventory and
 * occupancy tell.
 */
export function tenancyOf(host: HostState, newcomer: Plan | null = null): Tenancy {
  const { topology, policy, taken, held = [] } = host;
  const inventory = inventoryOf(topology, policy);
  const plans = newcomer === null ? taken : [...taken, newcomer];
  const occupancy = occupancyOf(inventory, { taken: plans, held });
  const vms = [
    ...taken.map((plan) => tenantOfPlan(plan, held)),
    ...held.filter(({ plan }) => plan === null).map(tenantOfHolding),
    ...(newcomer === null ? [] : [{ ...tenantOfPlan(newcomer, []), isNew: true }]),
  ];
  const { devices } = inventory;
  // A device of unknown node is given to nobody.
  const sold = [...devices.accelerators, ...devices.nics].filter(({ node }) => node !== null);
  return {
    vms,
    hostCpus: formatList(unionAll(inventory.cores.hostCpus)),
    closedCpus: formatList(closedCpus(inventory, occupancy)),
    soldDevices: new Set(sold.map(({ address }) => address)),
    freePages: freePages(inventory, occupancy),
  };
}

/** What a plan gives, and what its VM really has beyond it. */
function tenantOfPlan(plan: Plan, held: readonly Holding[]): Tenant {
  const beyond = held.filter((holding) => holding.plan === plan).flatMap(memoryBeyondPlan);
  const cells = plan.cells.map((cell): TenantCell => {
    const pinned = cell.vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []));
    const pools = cell.vcpus.flatMap((vcpu) => ("cpus" in vcpu ? [setOf(vcpu.cpus)] : []));
    return {
      home: cell.hostNode,
      vcpus: cell.vcpus.length,
      pinned: formatList(indexSet(pinned)),
      floating: formatList(unionAll(pools)),
      hugepageBytes: hugepage(cell.pageBytes),
      memory: cell.memoryOnNodes,
    };
  });
  return {
    name: plan.tenant === null ? plan.vm : `${plan.vm} of ${plan.tenant}`,
    flavor: plan.flavor,
    isNew: false,
    cells: [
      ...cells,
      ...beyond.map(({ node, pageBytes, bytes }) => ({
        ...nowhere,
        hugepageBytes: hugepage(pageBytes),
        memory: [{ node, bytes }],
      })),
    ],
    devices: plan.devices.flatMap(functionsOf),
  };
}

const hugepage = (pageBytes: number): number | null => (isHugepage(pageBytes) ? pageBytes : null);

const nowhere = { home: null, vcpus: 0, pinned: "", floating: "" } as const;

/** A VM that runs by no plan: a vCPU that may run on one CPU alone is pinned to it. */
function tenantOfHolding({ name, vcpus, memory, devices }: Holding): Tenant {
  const cells = vcpus.map(({ count, cpus }): TenantCell => {
    const isPinned = size(setOf(cpus)) <= count;
    return {
      ...nowhere,
      vcpus: count,
      pinned: isPinned ? cpus : "",
      floating: isPinned ? "" : cpus,
      hugepageBytes: null,
      memory: [],
    };
  });
  const ofMemory = memory.map(({ node, pageBytes, bytes }) => ({
    ...nowhere,
    hugepageBytes: hugepage(pageBytes),
    memory: [{ node, bytes }],
  }));
  return { name, flavor: null, isNew: false, cells: [...cells, ...ofMemory], devices };
}

/** The CPUs of sold cores that nobody has and that an isolation keeps from all other VMs. */
function closedCpus({ cores, nodeIds }: Inventory, occupancy: Occupancy): IndexSet {
  const nodes = nodeIds.map((_, position) => read(occupancy.nodeOwners, position) > 0);
  return unionAll(
    cores.all
      .filter(({ position, group, node }) => {
        const { cache } = at(cores.groups, group);
        const closed =
          occupancy.hostOwners > 0 || at(nodes, node) || read(occupancy.cacheOwners, cache) > 0;
        return closed && read(occupancy.coreUsers, position) === 0;
      })
      .map(({ cpus }) => indexSet(cpus)),
  );
}

/** What placement would still give of each pool of huge pages, where its free count is known. */
function freePages({ memory, nodeIds }: Inventory, occupancy: Occupancy): Tenancy["freePages"] {
  return nodeIds.flatMap((node, position) => {
    const pools = at(memory.pools, position);
    return memory.hugepageSizes.flatMap((pageBytes, i) => {
      const { bytes, freeBytes } = at(pools, i);
      if (bytes === null || freeBytes === null) return [];
      const left = bytes - read(occupancy.promisedBytes, position * pools.length + i);
      return [{ node, pageBytes, bytes: Math.max(0, Math.min(freeBytes, left)) }];
    });
  });
}
