import type { DeviceEvidence, Evidence } from "../../evidence/evidence.ts";
import { functionsOf, type Plan, type PlanDevice } from "../../plan/plan.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../verdict/check.ts";
import type { Finding } from "../verdict/verdict.ts";

/**
 * Whether the VM has the devices of its plan: the host still has them, VFIO drives them, their IOMMU
 * groups are the plan's and belong to the VM alone, and QEMU has them open. The open files say it in
 * the kernel's words: who has no file of a group can use none of its devices
 * (docs.kernel.org/driver-api/vfio.html).
 *
 * A group may hold bridges and functions without a driver beside: the kernel takes those for harmless.
 */
export const devices: Check = ({ plan, evidence }) =>
  together(plan.devices.map((device) => deviceOutcome(device, plan, evidence)));

function deviceOutcome(device: PlanDevice, plan: Plan, evidence: Evidence): Outcome {
  return together(
    functionsOf(device).map((address) => functionOutcome(address, device, plan, evidence)),
  );
}

function functionOutcome(
  address: string,
  device: PlanDevice,
  plan: Plan,
  evidence: Evidence,
): Outcome {
  const own = evidence.devices.find((one) => one.address === address);
  if (own === undefined) return untold(`device ${address}`, whyNot(evidence, `device ${address}`));
  if (!own.present)
    return found(
      missing(
        own,
        "the host has no such function",
        "echo 1 > /sys/bus/pci/rescan; if it stays away, place the VM again",
      ),
    );
  if (own.driver !== "vfio-pci" && !isVfioVariant(own.driver)) return found(otherDriver(own));
  const outcomes = [groupOutcome(own, device, plan), heldOutcome(own, evidence)];
  const { findings, unverified } = together(outcomes);
  if (findings.length > 0 || unverified.length > 0) return together(outcomes);
  return holds(`device ${address}`, `${own.driver}, IOMMU group ${own.iommuGroup} open`);
}

/** Drivers of VFIO for one vendor's devices (mlx5-vfio-pci, nvgrace-gpu-vfio-pci) are VFIO as well. */
const isVfioVariant = (driver: string | null): boolean => driver?.endsWith("vfio-pci") ?? false;

function missing({ address, where }: DeviceEvidence, what: string, remedy: string): Finding {
  return {
    code: "device-missing",
    severity: "error",
    layer: "fabric",
    subject: address,
    promised: "passed through to the VM",
    found: what,
    evidence: [where],
    cost: unknownCost,
    remedy,
  };
}

function otherDriver({ address, where, driver }: DeviceEvidence): Finding {
  const unbind = driver === null ? "" : `echo ${address} > ${where}/driver/unbind; `;
  return {
    code: "device-driver",
    severity: "error",
    layer: "host",
    subject: address,
    promised: "bound to vfio-pci",
    found: driver === null ? "bound to no driver" : `bound to ${driver}`,
    evidence: [`${where}/driver`],
    cost: unknownCost,
    remedy: `echo vfio-pci > ${where}/driver_override; ${unbind}echo ${address} > /sys/bus/pci/drivers_probe`,
  };
}

function groupOutcome(own: DeviceEvidence, device: PlanDevice, plan: Plan): Outcome {
  const { address, where, iommuGroup, groupMembers } = own;
  if (iommuGroup === null || groupMembers === null) {
    return untold(`IOMMU group of ${address}`, "its group was not read");
  }
  const planned = new Set(plan.devices.flatMap(functionsOf));
  const strangers = groupMembers.filter(
    (member) =>
      !member.bridge &&
      !planned.has(member.address) &&
      member.driver !== null &&
      !isVfioVariant(member.driver),
  );
  const unplanned = groupMembers.filter(
    (member) => !member.bridge && !planned.has(member.address) && isVfioVariant(member.driver),
  );
  // What the plan calls a companion and is in another group tells of another machine than planned.
  const members = new Set(groupMembers.map((member) => member.address));
  const away =
    address === device.address ? device.companions.filter((one) => !members.has(one)) : [];
  const told = [
    ...strangers.map((one) => `${one.address} is driven by ${one.driver}`),
    ...unplanned.map((one) => `${one.address} is nobody's in the plan`),
    ...away.map((one) => `${one} is in another group`),
  ];
  if (told.length === 0) return together([]);
  return found({
    code: "iommu-group-incomplete",
    severity: "error",
    layer: "fabric",
    subject: address,
    promised: `group ${iommuGroup} holds ${functionsOf(device).join(", ")} and is the VM's alone`,
    found: told.join("; "),
    evidence: [`${where}/iommu_group/devices`],
    cost: unknownCost,
    remedy:
      strangers.length > 0
        ? strangers
            .map(
              (one) =>
                `echo vfio-pci > /sys/bus/pci/devices/${one.address}/driver_override; echo ${one.address} > /sys/bus/pci/devices/${one.address}/driver/unbind`,
            )
            .join("; ")
        : "place the VM again: the host's groups are not those of the plan",
  });
}

function heldOutcome(own: DeviceEvidence, evidence: Evidence): Outcome {
  const what = `device ${own.address}`;
  const files = evidence.process?.vfioFiles ?? null;
  if (files === null) return untold(what, `which VFIO files QEMU has open was not read`);
  const candidates = [
    ...(own.iommuGroup === null ? [] : [`/dev/vfio/${own.iommuGroup}`]),
    ...(own.vfioFile === null ? [] : [own.vfioFile]),
  ];
  if (candidates.length === 0) return untold(what, "its VFIO files are unknown");
  if (candidates.some((file) => files.includes(file))) return together([]);
  return found(
    missing(
      own,
      `QEMU has neither of ${candidates.join(", ")} open`,
      `attach it again: virsh attach-device, or stop the VM and start it again from its plan`,
    ),
  );
}
