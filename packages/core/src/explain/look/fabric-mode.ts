import type { Subject } from "../subject/subject.ts";
import { devicesOf } from "../subject/yardstick.ts";
import { inOrder, type Looked, notAsAsked, notConcerned, notLookedAt } from "./look.ts";
import { passedThrough } from "./passed-through.ts";

/**
 * The mode of the host's Fabric Manager: 1 where VMs have some of the GPUs on a board with
 * NVSwitches and the host keeps the switches; 2 for vGPUs. In mode 0 the host's own programs have
 * the GPUs, or one VM has them with the switches and runs its own manager.
 * docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide (FABRIC_MODE)
 */
export function fabricMode(subject: Subject): Looked {
  const { machine, topology, evidence } = subject;
  const mode = machine?.settings.fabricMode ?? null;
  if (topology === null || mode === null) return notLookedAt;
  const own = devicesOf(evidence, topology).accelerators;
  if (own.length === 0) return notConcerned;
  const passed = new Set(passedThrough(subject).map(({ address }) => address));
  const isPassed = own.every((address) => passed.has(address));
  const said = `FABRIC_MODE=${mode}`;
  if (mode === (isPassed ? 1 : 2)) {
    return inOrder(`${said}; its version beside the guest driver's was not looked at`);
  }
  const isAll = own.length === topology.accelerators.length;
  if (isPassed && isAll && mode === 0) return notConcerned;
  return notAsAsked(`${said}, and the VM has ${isPassed ? "GPUs passed through" : "vGPUs"}`);
}
