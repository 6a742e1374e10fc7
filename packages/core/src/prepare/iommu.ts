import { advice } from "../remedy/remedy.ts";
import type { PciDevice, Topology } from "../topology/topology.ts";
import type { Need } from "./preparation.ts";
import { type HostSetting, tellsHere, tellsSnapshot } from "./setting.ts";

/**
 * Intel's IOMMU is off unless the boot line turns it on; AMD's and Arm's are on where the firmware
 * has them. A word for another processor is passed over, so where nobody told whose it is, Intel's
 * word stands there too. In passthrough mode the host's own devices are not translated. Other
 * architectures have no such words: their firmware or hypervisor decides.
 */
export function iommuWords({ machine }: Topology): readonly string[] {
  const { architecture, cpuModel } = machine;
  if (architecture === "aarch64") return ["iommu.passthrough=1"];
  if (architecture !== null && architecture !== "x86_64") return [];
  const isAmd = cpuModel !== null && /\bamd\b|\bepyc\b/i.test(cpuModel);
  return isAmd ? ["iommu=pt"] : ["intel_iommu=on", "iommu=pt"];
}

/** An IOMMU that is on, and the host's own devices past it where the boot line can say so. */
export function iommuNeeds(
  topology: Topology,
  given: readonly PciDevice[],
  setting: HostSetting,
): readonly Need[] {
  const hasWord = iommuWords(topology).length > 0;
  return [iommuNeed(given, hasWord, setting), ...(hasWord ? [passthroughNeed(setting)] : [])];
}

function iommuNeed(given: readonly PciDevice[], hasWord: boolean, { iommu }: HostSetting): Need {
  const grouped = given.every(({ iommuGroup }) => iommuGroup !== null);
  const isOn = iommu === false ? false : grouped ? true : iommu === null ? null : false;
  const common = {
    code: "iommu",
    required: true,
    subject: "the host",
    needs: "an IOMMU that is on, and every device in an IOMMU group",
  } as const;
  if (isOn === true) {
    return { ...common, state: "there", has: "it is on", remedy: null, tells: null };
  }
  const text = hasWord
    ? "Turn VT-d, AMD-Vi or the SMMU on in the firmware, and boot with the boot line above."
    : "Turn the IOMMU on in the firmware.";
  return {
    ...common,
    state: isOn === null ? "unknown" : "missing",
    has: isOn === null ? null : iommu === false ? "none is on" : "a device has no IOMMU group",
    remedy: advice("host-reboot", text),
    tells: isOn === null ? tellsSnapshot : null,
  };
}

function passthroughNeed({ bootOptions }: HostSetting): Need {
  const set = bootOptions?.some((word) => /^(?:iommu=pt|iommu\.passthrough=1)$/.test(word));
  const common = {
    code: "iommu-passthrough",
    required: false,
    subject: "the host",
    needs: "the host's own devices past the IOMMU, so that they stay as fast as without it",
  } as const;
  if (set === true) {
    return { ...common, state: "there", has: "it is set", remedy: null, tells: null };
  }
  return {
    ...common,
    state: set === undefined ? "unknown" : "missing",
    has: set === undefined ? null : "it is not on the boot line",
    remedy: advice("host-reboot", "Boot with the boot line above."),
    tells: set === undefined ? tellsHere : null,
  };
}
