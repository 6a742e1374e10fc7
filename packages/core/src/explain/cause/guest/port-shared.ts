import { restartFromPlan } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * Two accelerators on one bus of the guest share one port: the guest's driver sees one link for
 * both, and errors and resets of one reach the other. NVIDIA's HGX guides give each its own port.
 */
export const portShared: Cause = {
  code: "port-shared",
  layer: "hypervisor",
  looksFor: "several accelerators are behind one port in the guest",
  observable: "shapes[].devices[].above",
  readFrom: "QEMU's command line, its monitor, or virsh dumpxml",
  acquittedBy: "a port of its own for each accelerator",
  followsFrom: [],
  judge: ({ evidence, topology }) => {
    if (evidence.of !== "vm") return irrelevant;
    if (topology === null) return untold("the machine's devices were not read");
    const own = new Set(devicesOf(evidence, topology).accelerators);
    const shape = evidence.shapes.find(({ devices }) => devices !== null);
    if (shape === undefined) return untold("neither QEMU nor libvirt tells the VM's devices");
    const given = (shape.devices ?? []).filter(({ hostAddress }) => own.has(hostAddress));
    if (given.length === 0) return irrelevant;
    // On the root bus itself there is no port.
    const behind = given.filter(({ above }) => above.length > 1);
    const groups = Map.groupBy(behind, ({ above }) => above[0] ?? "no bus");
    const first = [...groups].find(([, devices]) => devices.length > 1);
    if (first === undefined) return acquitted("each accelerator has a port of its own");
    const [bus, devices] = first;
    return accused({
      about: bus,
      expected: "a root port for each accelerator",
      found: `${devices.map(({ hostAddress }) => hostAddress).join(" and ")} are both behind ${bus}`,
      evidence: [shape.where],
      seen: "directly",
      cost: unknownCost,
      remedy: restartFromPlan,
    });
  },
};
