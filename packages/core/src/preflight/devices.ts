import type { DeviceFacts, HostFacts } from "./facts.ts";
import type { PreflightCheck, Start } from "./start.ts";
import { functionsOf } from "../plan/plan.ts";
import type { PreflightProblem } from "./problem.ts";

/** Every device of the plan with what goes with it: there, whole in its IOMMU group, and free. */
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
    remedy: "echo 1 > /sys/bus/pci/rescan, or place the VM again",
  };
}

/** What has it: the host, through a driver, or another VM. */
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
    has: `${user}${driver === null ? "" : `, by its driver ${driver}`}`,
    remedy: "stop what uses it, or place the VM again with a policy that leaves it out",
  }));
}

/**
 * A group is the least that the IOMMU can keep apart, and goes as a whole: each function that is no
 * bridge must be in the plan (https://docs.kernel.org/driver-api/vfio.html). VFIO itself would take a
 * group with a function that has no driver; one could be bound to it later, and end the VM.
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
        needs: `all of IOMMU group ${device.iommuGroup ?? "?"}: ${others
          .map(({ address }) => address)
          .join(", ")} too`,
        has: `${other.address} stays with the host: ${has}`,
        remedy: "place the VM again: a plan takes a group as a whole",
      },
    ];
  });
}
