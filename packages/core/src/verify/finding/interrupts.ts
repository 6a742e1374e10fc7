import type { InterruptEvidence, NodeEvidence } from "../../evidence/evidence.ts";
import { difference, isEmpty, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { amountOf } from "../../text/amount.ts";
import {
  type Check,
  found,
  holds,
  minorUnverified,
  type Outcome,
  together,
  unknownCost,
  whyNot,
} from "../verdict/check.ts";
import { isBoundToOthers, routeInterrupts } from "./route-interrupts.ts";

/**
 * Whether the devices' interrupts go to CPUs of the node that the guest sees the device on. An
 * interrupt that VFIO takes on another node wakes the vCPU from there, unless the platform posts it
 * to the vCPU itself. The CPU that the kernel delivers an interrupt to now counts, or, where it
 * does not say, the CPUs that the interrupt may go to.
 *
 * One that was never raised has cost nothing and is no finding: until the guest has loaded a
 * driver, most devices have such a pin. It is a warning where the host can route it: it is the
 * device's own, or all that share its line are on the device's node. A line that devices of several
 * nodes share is far from one of them wherever it goes, so that it is only said
 * (docs/decisions/0028-interrupts-that-cost.md).
 */
export const interrupts: Check = ({ plan, evidence }) =>
  together(
    plan.devices.map((device) => {
      const { address } = device;
      const what = whatOf(address);
      const own = evidence.devices.find((one) => one.address === address);
      if (own === undefined || own.interrupts === null) {
        return minorUnverified(
          what,
          own === undefined
            ? whyNot(evidence, `device ${address}`)
            : whyNot(evidence, "interrupts"),
        );
      }
      const home = plan.cells.find(({ id }) => id === device.cell)?.hostNode;
      const node = evidence.nodes?.find(({ id }) => id === home);
      if (node === undefined) return minorUnverified(what, whyNot(evidence, "nodes"));
      if (node.cpus === "" || own.interrupts.length === 0) return together([]);
      return judged(address, own.interrupts, node);
    }),
  );

const whatOf = (address: string): string => `interrupts of ${address}`;

function judged(address: string, own: readonly InterruptEvidence[], node: NodeEvidence): Outcome {
  const off = own.filter((one) => !isEmpty(difference(cpusOf(one), setOf(node.cpus))));
  const told = off.filter(({ raisedCount }) => raisedCount !== 0);
  if (told.length === 0) {
    const near = `${own.length - off.length} on CPUs of node ${node.id}`;
    return holds(whatOf(address), off.length === 0 ? near : `${near}, ${off.length} never raised`);
  }
  const canBeRouted = told.some((one) => !isBoundToOthers(one, node.id));
  return found({
    code: "irq-affinity",
    severity: canBeRouted ? "warning" : "info",
    layer: "host",
    subject: address,
    promised: `interrupts on CPUs of node ${node.id} (${node.cpus})`,
    found: `${told.length} of ${own.length} on CPUs ${formatList(unionAll(told.map(cpusOf)))}`,
    evidence: told.slice(0, 8).map(lineOf),
    cost: unknownCost,
    remedy: routeInterrupts(
      told,
      { node: node.id, cpus: node.cpus },
      `Route the interrupts to the CPUs of node ${node.id}, and keep irqbalance from moving them.`,
    ),
  });
}

const cpusOf = ({ effectiveCpus, allowedCpus }: InterruptEvidence) =>
  setOf(effectiveCpus || allowedCpus || "");

function lineOf({ number, allowedCpus, effectiveCpus, raisedCount }: InterruptEvidence): string {
  const raised = raisedCount === null ? "" : `, raised ${amountOf(raisedCount, "time")}`;
  return `/proc/irq/${number}: smp_affinity_list ${allowedCpus ?? "?"}, effective ${effectiveCpus ?? "?"}${raised}`;
}
