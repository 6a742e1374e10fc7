import { advice, writeFile } from "../remedy/remedy.ts";
import type { DeviceFacts, HostFacts } from "./facts.ts";
import type { PreflightCheck, Start } from "./start.ts";
import { functionsOf } from "../plan/plan.ts";
import type { PreflightProblem } from "./problem.ts";

/** Every device of the plan, with its companions: present, free, and with its whole IOMMU group. */
export const checkDevices: PreflightCheck = (start, facts) => {
  const own = new Set(start.plan.devices.flatMap(functionsOf));
  const known = new Map(facts.devices.map((device) => [device.address, device]));
  return [...own].toSorted().flatMap((address) => {
    const device = known.get(address);
    if (device === undefined || !device.present) return [absent(address)];
    return [
      ...busy(device, facts, start.guest.uuid),
      ...groupProblems(device, own, known, facts, start),
    ];
  });
};

function absent(address: string): PreflightProblem {
  return {
    code: "device-absent",
    severity: "error",
    subject: address,
    needs: "a function of that address",
    has: "there is none",
    remedy: {
      text: "Rescan the PCI bus. If the device stays away, place the VM again.",
      argv: [writeFile("/sys/bus/pci/rescan", "1")],
      when: "live",
      undo: null,
    },
  };
}

/** Who uses it: the host, through a driver, or another VM. */
function usersOf(device: DeviceFacts, { domains }: HostFacts, uuid: string): readonly string[] {
  const holders = (domains ?? []).filter(
    (domain) => domain.running && domain.uuid !== uuid && domain.devices.includes(device.address),
  );
  return [...device.users, ...holders.map(({ name }) => `VM ${name} has it`)];
}

function busy(device: DeviceFacts, facts: HostFacts, uuid: string): PreflightProblem[] {
  const { address, driver } = device;
  return usersOf(device, facts, uuid).map((user) => ({
    code: "device-busy",
    severity: "error",
    subject: address,
    needs: "a device that nobody uses",
    has: `${user}${driver === null ? "" : ` (driver ${driver})`}`,
    remedy: advice(
      "live",
      "Stop what uses it, or place the VM again with a HostPolicy that excludes it.",
    ),
  }));
}

/**
 * An IOMMU group is passed through as a whole, since the IOMMU cannot keep its functions apart: the
 * plan must have every function that is no bridge (https://docs.kernel.org/driver-api/vfio.html).
 * VFIO itself also takes a group with a function that has no driver; but a driver that is bound to
 * it later would end the VM.
 */
function groupProblems(
  device: DeviceFacts,
  own: ReadonlySet<string>,
  known: ReadonlyMap<string, DeviceFacts>,
  facts: HostFacts,
  { guest }: Start,
): PreflightProblem[] {
  const members = device.groupMembers.flatMap((address) => known.get(address) ?? []);
  const others = members.filter((member) => !own.has(member.address) && !member.bridge);
  return others.flatMap((other): PreflightProblem[] => {
    const users = usersOf(other, facts, guest.uuid);
    const left = other.driver === null || other.driver === "vfio-pci";
    const has = users[0] ?? (left ? "the plan leaves it out" : `its driver is ${other.driver}`);
    return [
      {
        code: "iommu-group-shared",
        severity: "error",
        subject: device.address,
        needs: `the whole of IOMMU group ${device.iommuGroup ?? "?"}, so ${others
          .map(({ address }) => address)
          .join(", ")} as well`,
        has: `${other.address} stays with the host: ${has}`,
        remedy: advice(null, "Place the VM again: a plan takes a whole IOMMU group."),
      },
    ];
  });
}
