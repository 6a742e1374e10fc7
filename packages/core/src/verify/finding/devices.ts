import type { DeviceEvidence, Evidence } from "../../evidence/evidence.ts";
import { functionsOf, type Plan, type PlanDevice } from "../../plan/plan.ts";
import { advice, type Remedy, restartFromPlan, writeFile } from "../../remedy/remedy.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import type { Finding } from "../verdict/verdict.ts";

/**
 * Whether the VM has the devices of its plan: the host still has them, VFIO drives them, their
 * IOMMU groups are the plan's and belong to the VM alone, and QEMU has them open. Open files prove
 * it: a process without a file of a group can use none of its devices
 * (docs.kernel.org/driver-api/vfio.html).
 *
 * A group may also hold bridges and functions without a driver, which the kernel takes for
 * harmless.
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
  if (own === undefined)
    return essentialUnverified(`device ${address}`, whyNot(evidence, `device ${address}`));
  if (!own.present) return found(missing(own, "the host has no such function", rescan));
  const vgpu = address === device.address ? device.profile : null;
  if (vgpu === null && !isVfioVariant(own.driver)) return found(otherDriver(own, evidence));
  if (vgpu !== null && own.driver === null) return found(vgpuWithoutDriver(own, vgpu));
  const outcomes = [groupOutcome(own, device, plan), heldOutcome(own, evidence)];
  const { findings, unverified } = together(outcomes);
  if (findings.length > 0 || unverified.length > 0) return together(outcomes);
  return holds(`device ${address}`, `${own.driver}, IOMMU group ${own.iommuGroup} open`);
}

/**
 * Drivers of VFIO for one vendor's devices (mlx5-vfio-pci, nvgrace-gpu-vfio-pci) are VFIO as well.
 */
const isVfioVariant = (driver: string | null): boolean => driver?.endsWith("vfio-pci") ?? false;

function missing({ address, where }: DeviceEvidence, what: string, remedy: Remedy): Finding {
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

/**
 * What puts devices back that have left their bus, for all of them at once; the VM must then be
 * started anew.
 */
const rescan: Remedy = {
  text: "Rescan the PCI bus, then stop the VM and start it again from its plan. If a device stays away, place the VM again.",
  argv: [writeFile("/sys/bus/pci/rescan", "1")],
  when: "restart",
  undo: null,
};

function otherDriver(device: DeviceEvidence, evidence: Evidence): Finding {
  const { address, where, driver } = device;
  return {
    code: "device-driver",
    severity: "error",
    layer: "host",
    subject: address,
    promised: "bound to vfio-pci",
    found: driver === null ? "bound to no driver" : `bound to ${driver}`,
    evidence: [`${where}/driver`],
    cost: unknownCost,
    remedy: boundToVfio(device, evidence),
  };
}

/** A vGPU is what its vendor's driver makes of a virtual function. */
function vgpuWithoutDriver({ address, where }: DeviceEvidence, profile: string): Finding {
  return {
    code: "device-driver",
    severity: "error",
    layer: "host",
    subject: address,
    promised: `${profile}, by its vendor's driver`,
    found: "bound to no driver",
    evidence: [`${where}/driver`],
    cost: unknownCost,
    remedy: {
      text: "Load the vendor's vGPU driver and set the type, then start the VM again from its plan.",
      argv: null,
      when: "restart",
      undo: null,
    },
  };
}

/**
 * Binds a device to vfio-pci: through libvirt where it runs the VM, and otherwise by the driver's
 * files. There is no undo for those: which driver the kernel was told to prefer is not in the
 * evidence.
 */
function boundToVfio({ address, where, driver }: DeviceEvidence, { shapes }: Evidence): Remedy {
  const text = `Bind ${address} to vfio-pci, then stop the VM and start it again from its plan.`;
  if (shapes.some(({ source }) => source === "libvirt")) {
    const name = `pci_${address.replaceAll(/[:.]/g, "_")}`;
    const undo = driver === null ? null : [["virsh", "nodedev-reattach", name]];
    return { text, argv: [["virsh", "nodedev-detach", name]], when: "restart", undo };
  }
  const unbind = driver === null ? [] : [writeFile(`${where}/driver/unbind`, address)];
  const argv = [
    writeFile(`${where}/driver_override`, "vfio-pci"),
    ...unbind,
    writeFile("/sys/bus/pci/drivers_probe", address),
  ];
  return { text, argv, when: "restart", undo: null };
}

function groupOutcome(own: DeviceEvidence, device: PlanDevice, plan: Plan): Outcome {
  const { address, where, iommuGroup, groupMembers } = own;
  if (iommuGroup === null || groupMembers === null) {
    return essentialUnverified(`IOMMU group of ${address}`, "its group was not read");
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
  // A companion in another group means that this is not the machine that was planned for.
  const members = new Set(groupMembers.map((member) => member.address));
  const away =
    address === device.address ? device.companions.filter((one) => !members.has(one)) : [];
  const differences = [
    ...strangers.map((one) => `${one.address} is driven by ${one.driver}`),
    ...unplanned.map((one) => `${one.address} is not in the plan`),
    ...away.map((one) => `${one} is in another group`),
  ];
  if (differences.length === 0) return together([]);
  return found({
    code: "iommu-group-incomplete",
    severity: "error",
    layer: "fabric",
    subject: address,
    promised: `group ${iommuGroup} holds ${functionsOf(device).join(", ")} and is the VM's alone`,
    found: differences.join("; "),
    evidence: [`${where}/iommu_group/devices`],
    cost: unknownCost,
    // Whether the host can do without them is not for a command to decide.
    remedy:
      strangers.length > 0
        ? advice(
            "restart",
            `Bind ${strangers.map((one) => one.address).join(", ")} to vfio-pci if the host can do without, then stop the VM and start it again from its plan. Otherwise place the VM again.`,
          )
        : advice("restart", "Place the VM again: the host's groups are not those of the plan."),
  });
}

function heldOutcome(own: DeviceEvidence, evidence: Evidence): Outcome {
  const what = `device ${own.address}`;
  const files = evidence.process?.vfioFiles ?? null;
  if (files === null)
    return essentialUnverified(what, "the VFIO files that QEMU has open were not read");
  const candidates = [
    ...(own.iommuGroup === null ? [] : [`/dev/vfio/${own.iommuGroup}`]),
    ...(own.vfioFile === null ? [] : [own.vfioFile]),
  ];
  if (candidates.length === 0) return essentialUnverified(what, "its VFIO files are unknown");
  if (candidates.some((file) => files.includes(file))) return together([]);
  return found(
    missing(own, `QEMU has none of these open: ${candidates.join(", ")}`, restartFromPlan),
  );
}
