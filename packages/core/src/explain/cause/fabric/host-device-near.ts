import { advice } from "../../../remedy/remedy.ts";
import type { HostUse, Topology } from "../../../topology/topology.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { devicesOf } from "../../subject/yardstick.ts";

const uses: Readonly<Record<HostUse, string>> = {
  display: "its display",
  "boot-disk": "the disk that it boots from",
  "default-route": "its network",
};

/**
 * What the host itself needs, below the switch of an accelerator that a VM has: their traffic
 * shares the switch's uplink, and a reset of the branch takes the host's disk or network along.
 * NVIDIA's set-up of HGX H200 for VMs rules it out.
 */
export const hostDeviceNear: Cause = {
  code: "host-device-near",
  layer: "fabric",
  looksFor: "a device that the host itself needs is below the same switch as an accelerator",
  observable: "machine.topology.pci[].hostUse",
  readFrom: "/sys/bus/pci/devices, /proc/self/mountinfo and /proc/net/route of the host",
  acquittedBy: "no disk, network or display of the host below that switch",
  followsFrom: [],
  judge: ({ evidence, machine }) => {
    if (evidence.of === "machine") return irrelevant;
    const topology = machine?.topology ?? null;
    if (topology === null) return untold("the machine's PCI tree was not read");
    const { accelerators } = devicesOf(evidence, topology);
    if (accelerators.length === 0) return irrelevant;
    const above = new Set(accelerators.flatMap((address) => topPort(address, topology) ?? []));
    const near = topology.pci.filter(
      ({ address, hostUse }) =>
        hostUse !== null &&
        !accelerators.includes(address) &&
        above.has(topPort(address, topology) ?? "none"),
    );
    const [first] = near;
    if (first === undefined) return acquitted("nothing that the host needs is near");
    const names = near.flatMap(({ address, hostUse }) =>
      hostUse === null ? [] : [`${address}, ${uses[hostUse]}`],
    );
    return accused({
      about: first.address,
      expected: "what the host needs is on a root port of its own",
      found: `the host has ${names.join(" and ")} below the same root port`,
      evidence: [],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("host-reboot", "Move that device of the host to another slot."),
    });
  },
};

/** The port of the root bus that a function is below; null for one on the root bus itself. */
function topPort(address: string, { pci }: Topology): string | null {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  let at = byAddress.get(address);
  if (at === undefined || at.parent === null) return null;
  for (let parent: string | null = at.parent; parent !== null; parent = at.parent) {
    const next = byAddress.get(parent);
    if (next === undefined) return parent;
    at = next;
  }
  return at.address;
}
