import { advice } from "../remedy/remedy.ts";
import { formatBytes, GiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import type { HostFacts } from "./facts.ts";
import type { PreflightCheck, Start } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/**
 * The versions that the renderings need: `guest/libvirt/domain.ts` and `guest/limits.ts` say for
 * what.
 */
const least = { libvirt: "9.0.0", qemu: "7.2.0" } as const;

/**
 * Libvirt adds as much to the memory limit of a guest with a VFIO device
 * (qemuDomainGetMemLockLimitBytes).
 */
export const LOCKED_BESIDE_GUEST_BYTES: number = GiB;

export const checkHypervisor: PreflightCheck = (start, facts) => [
  ...versionProblems(start, facts),
  ...(start.emulated ? [] : kvmProblems(start, facts)),
  ...memlockProblems(start, facts),
  ...firmwareProblems(start, facts),
];

/** What is missing, refuses this user or is too old, of what runs VMs that way. */
export function versionProblems(
  { via }: Pick<Start, "via">,
  { versions }: Pick<HostFacts, "versions">,
): PreflightProblem[] {
  const { refusal } = versions;
  if (via === "libvirt" && refusal !== null) {
    const remedy = advice(
      "live",
      "Run evenkeel as root, or add this user to the group libvirt and log in again.",
    );
    const needs = "a libvirt that lets this user manage VMs";
    const common = { code: "hypervisor-missing", severity: "error", subject: "libvirt" } as const;
    return [{ ...common, needs, has: `it refuses this user: ${refusal}`, remedy }];
  }
  // Where libvirt does not answer, nobody knows which QEMU it has.
  const names =
    via === "qemu"
      ? (["qemu"] as const)
      : versions.libvirt === null
        ? (["libvirt"] as const)
        : (["libvirt", "qemu"] as const);
  return names.flatMap((name): PreflightProblem[] => {
    const has = versions[name];
    const common = {
      severity: "error",
      subject: name,
      needs: `${name} ${least[name]} or later`,
    } as const;
    if (has === null) {
      const remedy = advice(
        "live",
        name === "libvirt"
          ? "Start libvirt (systemctl start libvirtd, or virtqemud), or give --via qemu."
          : "Install QEMU's system emulator for this architecture.",
      );
      return [{ ...common, code: "hypervisor-missing", has: "it does not answer", remedy }];
    }
    if (!isOlder(has, least[name])) return [];
    return [
      {
        ...common,
        code: "hypervisor-old",
        has,
        remedy: advice("live", `Install ${name} ${least[name]} or later.`),
      },
    ];
  });
}

function isOlder(version: string, than: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of than.split(".").map(Number).entries()) {
    // What a version leaves out is zero: 9.0 is 9.0.0.
    const part = i < parts.length ? at(parts, i) : 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}

function kvmProblems({ guest }: Start, { kvm, addressBits }: HostFacts): PreflightProblem[] {
  if (!kvm.present || kvm.unusable !== null) {
    return [
      {
        code: "kvm-unusable",
        severity: "error",
        subject: "/dev/kvm",
        needs: "KVM",
        has: kvm.present ? (kvm.unusable ?? "") : "there is no /dev/kvm",
        remedy: kvm.present
          ? advice("live", "Get permission to open /dev/kvm, or give --emulated.")
          : advice(
              "host-reboot",
              "Turn VT-x or AMD-V on in the firmware and load kvm_intel or kvm_amd, or give --emulated.",
            ),
      },
    ];
  }
  if (addressBits === null || guest.cpu.addressBits <= addressBits) return [];
  return [
    {
      code: "address-bits-short",
      severity: "error",
      subject: "the guest's PCI window",
      needs: `${guest.cpu.addressBits} physical address bits, for its memory and its devices' BARs`,
      has: `${addressBits}`,
      remedy: advice(null, "Ask for fewer GPUs or less memory."),
    },
  ];
}

/** A QEMU that is started alone takes the guest's firmware from a file. */
function firmwareProblems({ guest }: Start, { firmware }: HostFacts): PreflightProblem[] {
  if (firmware === null || firmware.present) return [];
  const help =
    guest.architecture === "x86_64"
      ? "Install it (on Debian and Ubuntu the package ovmf), or give --firmware bios."
      : "Install it (on Debian and Ubuntu the package qemu-efi-aarch64).";
  return [
    {
      code: "firmware-missing",
      severity: "error",
      subject: "the guest's firmware",
      needs: firmware.file,
      has: "there is no such file",
      remedy: advice("live", help),
    },
  ];
}

/** QEMU that is started alone has the limit of this command; libvirt raises it. */
function memlockProblems(
  { plan, guest, via }: Start,
  { lockableBytes }: HostFacts,
): PreflightProblem[] {
  if (via !== "qemu" || plan.devices.length === 0 || lockableBytes === null) return [];
  const needed = guest.memoryBytes + LOCKED_BESIDE_GUEST_BYTES;
  if (lockableBytes >= needed) return [];
  return [
    {
      code: "memlock-short",
      severity: "error",
      subject: "RLIMIT_MEMLOCK",
      needs: formatBytes(needed),
      has: formatBytes(lockableBytes),
      remedy: advice(
        "live",
        "Run evenkeel as root, or raise the limit first: ulimit -l unlimited.",
      ),
    },
  ];
}
