import { advice } from "../remedy/remedy.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/** What every passed-through device needs of the host. */
export const checkIommu: PreflightCheck = ({ plan }, facts) => {
  if (plan.devices.length === 0) return [];
  const off =
    facts.iommu === false ||
    facts.devices.some(({ present, iommuGroup }) => present && iommuGroup === null);
  const problems: PreflightProblem[] = [];
  if (off) {
    problems.push({
      code: "iommu-off",
      severity: "error",
      subject: "the host",
      needs: "an IOMMU that is on, and every device in an IOMMU group",
      has: facts.iommu === false ? "/sys/class/iommu is empty" : "a device has no IOMMU group",
      remedy: advice(
        "host-reboot",
        "Turn VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on on Intel.",
      ),
    });
  }
  if (facts.vfioPci === false) {
    problems.push({
      code: "vfio-missing",
      severity: "error",
      subject: "vfio-pci",
      needs: "the kernel's driver vfio-pci",
      has: "it is neither loaded nor among the kernel's modules",
      remedy: advice(
        "live",
        "Install the modules package of the running kernel, then load vfio-pci (modprobe vfio-pci).",
      ),
    });
  }
  return problems;
};
