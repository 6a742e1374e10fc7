import { functionsOf, type PlanParts } from "../plan/plan.ts";
import { advice, type Command, type Remedy, writeFile } from "../remedy/remedy.ts";
import { comparePciAddresses } from "../topology/pci-address.ts";
import type { PciDevice, Topology } from "../topology/topology.ts";
import { iommuNeeds } from "./iommu.ts";
import type { Need } from "./preparation.ts";
import { type HostSetting, type SystemFamily, tellsHere } from "./setting.ts";

/** The functions that VMs get, and how each comes to have vfio-pci. */
export interface GivenDevices {
  /** Every function of the plans' devices and of their companions, by ascending address. */
  readonly all: readonly PciDevice[];
  /** Those that have to have vfio-pci. A vGPU stays with the driver that makes it one. */
  readonly bound: readonly PciDevice[];
  /** The ids, `10de:2330`, of which every function of the machine is given away, ascending. */
  readonly ids: readonly string[];
}

/**
 * Finds the functions that the plans give away. Their ids may stand on the boot line only where
 * they mean no other function: vfio-pci would take the host's own display or NIC of the same kind
 * as well. So a function of unknown ids makes all of them ambiguous; and where nobody told what the
 * host uses itself, those of NICs and displays are. Bridges have drivers of their own and stay.
 */
export function givenDevices({ pci }: Topology, plans: readonly PlanParts[]): GivenDevices {
  const devices = plans.flatMap((plan) => plan.devices);
  const given = new Set(devices.flatMap(functionsOf));
  const kept = new Set(
    devices.flatMap(({ address, profile }) => (profile === null ? [] : address)),
  );
  const all = pci
    .filter(({ address }) => given.has(address))
    .toSorted((a, b) => comparePciAddresses(a.address, b.address));
  const bound = all.filter(({ address }) => !kept.has(address));
  const names = new Set(bound.map(({ address }) => address));
  const others = pci.filter(
    ({ address, class: code }) => !names.has(address) && !code.startsWith("06"),
  );
  const foreign = new Set(others.map(idsOf));
  const useIsTold = pci.some(({ hostUse }) => hostUse !== null);
  const mayBeUsed = (one: PciDevice): boolean => !useIsTold && /^(?:02|0300)/.test(one.class);
  const named = bound.filter((one) => one.physicalFunction === null && !mayBeUsed(one));
  const own = new Set(named.flatMap((one) => idsOf(one) ?? []));
  const ids = foreign.has(null) ? [] : [...own].filter((one) => !foreign.has(one)).toSorted();
  return { all, bound, ids };
}

function idsOf({ vendor, device }: PciDevice): string | null {
  return vendor === null || device === null ? null : `${vendor}:${device}`;
}

/** The needs of devices: an IOMMU that is on, vfio-pci, and its hold on each function. */
export function deviceNeeds(
  topology: Topology,
  given: GivenDevices,
  setting: HostSetting,
): readonly Need[] {
  if (given.all.length === 0) return [];
  return [
    ...iommuNeeds(topology, given.all, setting),
    ...(given.bound.length === 0 ? [] : [moduleNeed(setting)]),
    ...given.bound.map((one) => driverNeed(one, given, setting)),
  ];
}

function moduleNeed({ vfioPci }: HostSetting): Need {
  const common = {
    code: "vfio-module",
    required: true,
    subject: "vfio-pci",
    needs: "the kernel's driver vfio-pci",
  } as const;
  if (vfioPci === true) {
    return { ...common, state: "there", has: "it can be loaded", remedy: null, tells: null };
  }
  return {
    ...common,
    state: vfioPci === null ? "unknown" : "missing",
    has: vfioPci === null ? null : "it is neither loaded nor among the kernel's modules",
    remedy: advice("live", "Install the modules package of the running kernel."),
    tells: vfioPci === null ? tellsHere : null,
  };
}

function driverNeed(device: PciDevice, { ids }: GivenDevices, setting: HostSetting): Need {
  const { address, driver } = device;
  const own = idsOf(device);
  const common = {
    code: "vfio-driver",
    required: true,
    subject: address,
    needs: `the driver vfio-pci${own === null ? "" : ` (${own})`}`,
  } as const;
  if (driver === "vfio-pci") {
    return { ...common, state: "there", has: driver, remedy: null, tells: null };
  }
  const isTold = driver !== null || setting.driversTold;
  return {
    ...common,
    state: isTold ? "missing" : "unknown",
    has: isTold ? (driver ?? "no driver") : null,
    remedy:
      own !== null && ids.includes(own)
        ? byBootLine(driver, setting)
        : overridden(address, setting),
    tells: isTold ? null : `${tellsHere}, or give lspci -Dvnnk of it`,
  };
}

/**
 * Ids on the boot line help only if vfio-pci is loaded before the driver that would take the
 * device: at boot, and before that driver itself (modprobe.d(5), softdep). The initial RAM disk has
 * copies of both files.
 */
function byBootLine(driver: string | null, { system }: HostSetting): Remedy {
  const files = [
    ["/etc/modules-load.d/evenkeel-vfio.conf", "vfio-pci"],
    ...(driver === null
      ? []
      : [[`/etc/modprobe.d/evenkeel-${driver}.conf`, `softdep ${driver} pre: vfio-pci`]]),
  ] as const;
  const rebuild = system === null ? [] : [rebuilds[system]];
  const last = system === null ? " Rebuild the initial RAM disk afterwards." : "";
  return {
    text: `The boot line gives it vfio-pci by its ids, if vfio-pci is loaded before other drivers.${last}`,
    argv: [...files.map(([path, line]) => writeFile(path, line)), ...rebuild],
    when: "host-reboot",
    undo: [...files.map(([path]) => ["rm", path]), ...rebuild],
  };
}

/** How each system rebuilds the initial RAM disk. */
const rebuilds: Readonly<Record<SystemFamily, Command>> = {
  debian: ["update-initramfs", "-u"],
  fedora: ["dracut", "--force"],
};

/**
 * driverctl keeps a driver for one address, over reboots, and takes the device from the driver that
 * has it (driverctl(8)). It is a package of its own on Debian, Ubuntu, Fedora and RHEL.
 */
function overridden(address: string, { driverctl, system }: HostSetting): Remedy {
  const install: readonly Command[] =
    driverctl !== false || system === null
      ? []
      : [[system === "debian" ? "apt-get" : "dnf", "install", "driverctl"]];
  const first =
    driverctl === true || install.length > 0 ? "" : " Install driverctl first, if it is not there.";
  return {
    text: `Give it vfio-pci by its address: its ids may be those of the host's own devices too.${first}`,
    argv: [...install, ["driverctl", "set-override", address, "vfio-pci"]],
    when: "live",
    undo: [["driverctl", "unset-override", address]],
  };
}
