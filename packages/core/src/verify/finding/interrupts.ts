import { routeInterrupts } from "./route-interrupts.ts";
import { difference, isEmpty, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  together,
  unknownCost,
  minorUnverified,
  whyNot,
} from "../verdict/check.ts";

/**
 * Whether the devices' interrupts go to CPUs of the node that the guest sees the device on. An
 * interrupt that VFIO takes on another node wakes the vCPU from there, unless the platform posts it
 * to the vCPU itself; so it is a warning. The CPU that the kernel delivers an interrupt to now
 * counts, or, where it does not say, the CPUs that the interrupt may go to.
 */
export const interrupts: Check = ({ plan, evidence }) =>
  together(
    plan.devices.map((device) => {
      const { address } = device;
      const what = `interrupts of ${address}`;
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
      const routed = own.interrupts.map((interrupt) => ({
        ...interrupt,
        cpus: setOf(interrupt.effectiveCpus || interrupt.allowedCpus || ""),
      }));
      const off = routed.filter(({ cpus }) => !isEmpty(difference(cpus, setOf(node.cpus))));
      if (off.length === 0) return holds(what, `${routed.length} on CPUs of node ${node.id}`);
      return found({
        code: "irq-affinity",
        severity: "warning",
        layer: "host",
        subject: address,
        promised: `interrupts on CPUs of node ${node.id} (${node.cpus})`,
        found: `${off.length} of ${routed.length} on CPUs ${formatList(unionAll(off.map(({ cpus }) => cpus)))}`,
        evidence: off
          .slice(0, 8)
          .map(
            ({ number, allowedCpus, effectiveCpus }) =>
              `/proc/irq/${number}: smp_affinity_list ${allowedCpus ?? "?"}, effective ${effectiveCpus ?? "?"}`,
          ),
        cost: unknownCost,
        remedy: routeInterrupts(
          off,
          { node: node.id, cpus: node.cpus },
          `Route the interrupts to the CPUs of node ${node.id}, and keep irqbalance from moving them.`,
        ),
      });
    }),
  );
