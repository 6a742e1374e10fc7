import { createFleet, type FleetDecision, type FleetHost } from "@evenkeel/core/fleet/fleet.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy, type Use } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { demandOf } from "@evenkeel/core/placement/host-class/demand.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { randomFor } from "../fuzz/random.ts";
import type { FleetMix } from "./fleet-mixes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** A half-full fleet on which VMs come and go. */
export interface Drive {
  /** Makes room, and places one more VM. */
  readonly step: () => void;
  /** A step; returns the milliseconds of its decision alone. */
  readonly timedStep: () => number;
  readonly hosts: () => readonly FleetHost[];
  readonly hostClasses: () => number;
  readonly vms: () => number;
  /** Decisions for which no host had room. */
  readonly refused: () => number;
}

interface Vm {
  readonly host: string;
  readonly use: Use;
  readonly gpus: number;
}

/**
 * Fills a fleet until half of its GPUs are held. Then, before each arrival, random VMs leave until
 * at most half are held. Arrivals are of random flavors, all equally likely.
 */
export function driveFleet(count: number, { machines, flavors }: FleetMix): Drive {
  const random = randomFor(7, "fleet", 0);
  const inventories = machines.map((topology) => inventoryOf(topology, defaultHostPolicy));
  const names = Array.from({ length: count }, (_, i) => `host-${i}`);
  const hosts = names.flatMap((name, i): FleetHost[] => {
    const inventory = inventories[i % inventories.length];
    if (inventory === undefined) return [];
    return [{ name, inventory, occupancy: emptyOccupancy(inventory) }];
  });
  const soldFlavors = flavors.map((request) => ({ demand: demandOf(request), weight: 1 }));
  const fleet = createFleet(hosts, soldFlavors);
  const gpus = sumOf(hosts, ({ inventory }) => gpusOf(inventory));
  const vms: Vm[] = [];
  let held = 0;
  let refused = 0;
  const leave = (): void => {
    const at = random.below(vms.length);
    const vm = vms[at];
    const last = vms.pop();
    if (vm === undefined || last === undefined) return;
    if (vm !== last) vms[at] = last;
    fleet.release(vm.host, vm.use);
    held -= vm.gpus;
  };
  const put = (request: Request, decision: FleetDecision | null): void => {
    if (decision === null) {
      refused++;
      return;
    }
    const { host, use } = decision;
    fleet.take(host, use);
    vms.push({ host, use, gpus: request.accelerators.count });
    held += request.accelerators.count;
  };
  const arrive = (): void => {
    const request = random.of(flavors);
    put(request, fleet.decide(request));
  };
  const isBelowHalf = (): boolean => held * 2 < gpus && refused === 0;
  while (isBelowHalf()) arrive();
  refused = 0;
  const isAboveHalf = (): boolean => held * 2 > gpus;
  const makeRoom = (): void => {
    while (isAboveHalf()) leave();
  };
  return {
    step: () => {
      makeRoom();
      arrive();
    },
    timedStep: () => {
      makeRoom();
      const request = random.of(flavors);
      const [decideMs, decision] = timed(() => fleet.decide(request));
      put(request, decision);
      return decideMs;
    },
    hosts: () => names.flatMap((name) => fleet.host(name) ?? []),
    hostClasses: () => fleet.hostClasses().length,
    vms: () => vms.length,
    refused: () => refused,
  };
}

function gpusOf({ devices }: FleetHost["inventory"]): number {
  return devices.accelerators.length;
}

/**
 * Times a call by the clock, as its caller sees it. Work of the engine on other threads does not
 * count; other users of the machine can only add.
 */
function timed<Result>(run: () => Result): readonly [number, Result] {
  const before = performance.now();
  const result = run();
  return [performance.now() - before, result];
}
