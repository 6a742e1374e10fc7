import { bridgesAbove } from "../../topology/interconnect.ts";
import type { Link, Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import type { Plan } from "../plan.ts";

/** A fault of a plan: something that is wrong on its host. */
export interface PlanFault {
  /** The part of the plan: `cells[0]`, `0000:1b:00.0`. */
  readonly subject: string;
  readonly message: string;
}

type Report = (subject: string, message: string) => void;

/**
 * Compares a plan's facts about devices, links and distances with its host: renderings and guests
 * rely on the plan alone.
 */
export function factFaults(plan: Plan, topology: Topology): readonly PlanFault[] {
  const faults: PlanFault[] = [];
  const report: Report = (subject, message) => void faults.push({ subject, message });
  checkDevices(plan, topology, report);
  checkLinks(plan, topology, report);
  checkDistances(plan, topology, report);
  return faults;
}

function checkDevices(plan: Plan, topology: Topology, report: Report): void {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  for (const planned of plan.devices) {
    const { address } = planned;
    const device = byAddress.get(address);
    if (device === undefined) continue;
    const facts = [
      ["node", planned.node, device.node],
      ["root", planned.root, device.root],
      ["vendor", planned.vendor, device.vendor],
      ["device", planned.device, device.device],
      ["class", planned.class, device.class],
      ["BARs", planned.barBytes?.join() ?? null, device.barBytes?.join() ?? null],
    ] as const;
    for (const [what, stated, actual] of facts) {
      // Null: the host did not know it when the plan was made, or the field is newer than the plan.
      if (stated !== null && stated !== actual)
        report(address, `has the ${what} ${actual}, and the plan says ${stated}`);
    }
    const above = bridgesAbove(device, byAddress);
    const plannedSwitches =
      planned.switches?.map((one) => one.address) ?? [planned.switch ?? []].flat();
    const places = plannedSwitches.map((one) => above.indexOf(one));
    const isInOrder = places.every((place, i) => place > (i === 0 ? -1 : at(places, i - 1)));
    // A root port, and two bridges for each switch.
    const switches = Math.max(0, Math.floor((above.length - 1) / 2));
    const isAll = planned.switches === null || plannedSwitches.length === switches;
    if (!isInOrder || !isAll || (plannedSwitches[0] ?? null) !== planned.switch) {
      report(
        address,
        `is not below exactly the switches that the plan names: ${plannedSwitches.join(", ") || "none"}`,
      );
    }
  }
}

/** The plan must list exactly the direct links among its devices. */
function checkLinks({ links, devices }: Plan, topology: Topology, report: Report): void {
  if (links === null) return;
  const own = new Set(devices.map(({ address }) => address));
  const text = (some: readonly Link[]): string =>
    some
      .map(({ a, b, kind, lanes }) => `${a} ${b} ${kind} ${lanes}`)
      .toSorted()
      .join("\n");
  const among = topology.links.filter(({ a, b }) => own.has(a) && own.has(b));
  if (text(links) !== text(among)) report("links", "are not those among its devices");
}

function checkDistances(plan: Plan, topology: Topology, report: Report): void {
  const rows = topology.distances;
  const positions = plan.cells.map((c) => topology.nodes.findIndex(({ id }) => id === c.hostNode));
  // A host node that does not exist has no distances, and a plan cannot say so.
  const between = (i: number, j: number): number | null =>
    rows === null || i < 0 || j < 0 ? null : at(at(rows, i), j);
  const expected = rows && positions.map((i) => positions.map((j) => between(i, j)));
  if (JSON.stringify(plan.distances) !== JSON.stringify(expected)) {
    report("distances", "are not those of the cells' host nodes");
  }
}
