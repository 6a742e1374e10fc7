import type { HypervisorName } from "../instance/instance.ts";
import type { PlanParts } from "../plan/plan.ts";
import { LOCKED_BESIDE_GUEST_BYTES, versionProblems } from "../preflight/hypervisor.ts";
import { advice, type Command, type Remedy, writeFile } from "../remedy/remedy.ts";
import type { Topology } from "../topology/topology.ts";
import { formatBytes, GiB, KiB } from "../unit/bytes.ts";
import { sumOf } from "../unit/sum.ts";
import type { Need } from "./preparation.ts";
import { type HostSetting, type SystemFamily, tellsHere } from "./setting.ts";

/** What is to run the VMs. */
export interface Runner {
  readonly via: HypervisorName;
  /** Whether QEMU emulates the processor, so that nothing of KVM is needed. */
  readonly emulated: boolean;
}

/** What runs VMs, and what it has to be allowed. */
export function programNeeds(
  topology: Topology,
  plans: readonly PlanParts[],
  hugepageSizes: readonly number[],
  { via, emulated }: Runner,
  setting: HostSetting,
): readonly Need[] {
  return [
    ...(emulated ? [] : [kvmNeed(setting)]),
    ...hypervisorNeeds(topology, via, setting),
    ...(via === "libvirt"
      ? hugepageSizes.map((size) => mountNeed(size, hugepageSizes, setting))
      : []),
    ...(via === "qemu" ? lockNeeds(plans, setting) : []),
  ];
}

function kvmNeed({ kvm }: HostSetting): Need {
  const common = {
    code: "kvm",
    required: true,
    subject: "/dev/kvm",
    needs: "KVM, for this user",
  } as const;
  if (kvm === null) {
    return { ...common, state: "unknown", has: null, remedy: null, tells: tellsHere };
  }
  if (!kvm.present) {
    const text =
      "Turn VT-x or AMD-V on in the firmware and load kvm_intel or kvm_amd. Without it, run starts VMs with --emulated alone.";
    const remedy = advice("host-reboot", text);
    return { ...common, state: "missing", has: "there is no /dev/kvm", remedy, tells: null };
  }
  if (kvm.unusable === null) {
    return { ...common, state: "there", has: "usable", remedy: null, tells: null };
  }
  const remedy = advice("live", "Add this user to the group kvm and log in again, or be root.");
  return { ...common, state: "missing", has: kvm.unusable, remedy, tells: null };
}

function hypervisorNeeds(
  topology: Topology,
  via: HypervisorName,
  { versions, system }: HostSetting,
): readonly Need[] {
  const common = { code: "hypervisor", required: true } as const;
  const subject = via === "libvirt" ? "libvirt and QEMU" : "QEMU";
  const needs = "a version that takes what Evenkeel renders";
  if (versions === null) {
    return [
      { ...common, subject, needs, state: "unknown", has: null, remedy: null, tells: tellsHere },
    ];
  }
  const problems = versionProblems({ via }, { versions });
  if (problems.length === 0) {
    const { libvirt, qemu } = versions;
    const has = via === "libvirt" ? `libvirt ${libvirt}, QEMU ${qemu}` : `QEMU ${qemu}`;
    return [{ ...common, subject, needs, state: "there", has, remedy: null, tells: null }];
  }
  return problems.map((problem): Need => {
    const isThere = problem.code !== "hypervisor-missing" || versions.refusal !== null;
    const install = isThere ? null : installation(topology, via, system);
    return {
      ...common,
      subject: problem.subject,
      needs: problem.needs,
      state: "missing",
      has: problem.has,
      remedy: install ?? problem.remedy,
      tells: null,
    };
  });
}

/** https://packages.debian.org, https://packages.fedoraproject.org */
const packages: Readonly<
  Record<SystemFamily, { readonly install: Command; readonly libvirt: readonly string[] }>
> = {
  debian: {
    install: ["apt-get", "install"],
    libvirt: ["libvirt-daemon-system", "libvirt-clients"],
  },
  fedora: { install: ["dnf", "install"], libvirt: ["libvirt-daemon-kvm", "libvirt-client"] },
};

function installation(
  { machine: { architecture } }: Topology,
  via: HypervisorName,
  system: SystemFamily | null,
): Remedy | null {
  if (system === null) return null;
  const isArm = architecture === "aarch64";
  const debians = isArm ? ["qemu-system-arm", "qemu-efi-aarch64"] : ["qemu-system-x86", "ovmf"];
  const fedoras = ["qemu-kvm", isArm ? "edk2-aarch64" : "edk2-ovmf"];
  const { install, libvirt } = packages[system];
  const qemu = system === "debian" ? debians : fedoras;
  return {
    text: "Install it; if it is installed, start it (systemctl start libvirtd, or virtqemud).",
    argv: [[...install, ...qemu, ...(via === "libvirt" ? libvirt : [])]],
    when: "live",
    undo: null,
  };
}

/** libvirt has QEMU take huge pages from a mounted hugetlbfs; systemd mounts the default size. */
function mountNeed(
  size: number,
  sizes: readonly number[],
  { hugetlbfsBytes: mounted }: HostSetting,
): Need {
  const common = {
    code: "hugetlbfs",
    required: true,
    subject: `pages of ${formatBytes(size)}`,
    needs: `a hugetlbfs with pagesize=${size / KiB}K`,
  } as const;
  if (mounted?.includes(size) === true) {
    return { ...common, state: "there", has: "mounted", remedy: null, tells: null };
  }
  const folder = `/dev/hugepages-${size / KiB}kB`;
  // The largest size is the default after the reboot; the others are mounted as their unit says.
  const isDefault = size === Math.max(...sizes);
  const unit = [
    ["mkdir", "-p", folder],
    ["mount", "-t", "hugetlbfs", "-o", `pagesize=${size / KiB}K`, "none", folder],
  ] as const;
  const lasting = isDefault
    ? "After the reboot /dev/hugepages has this size, as it is the default on the boot line."
    : `For every boot, add to /etc/fstab: none ${folder} hugetlbfs pagesize=${size / KiB}K,x-mount.mkdir 0 0.`;
  return {
    ...common,
    state: mounted === null ? "unknown" : "missing",
    has: mounted === null ? null : "none is mounted",
    remedy: {
      text: `Mount one, then restart libvirt, which looks for it when it starts. ${lasting}`,
      argv: [...unit],
      when: "live",
      undo: [
        ["umount", folder],
        ["rmdir", folder],
      ],
    },
    tells: mounted === null ? tellsHere : null,
  };
}

/** A device pins all memory of its VM. libvirt raises the limit itself, and root has none. */
function lockNeeds(plans: readonly PlanParts[], { lockable }: HostSetting): readonly Need[] {
  const locked = plans
    .filter(({ devices }) => devices.length > 0)
    .map(({ cells }) => sumOf(cells, ({ memoryBytes }) => memoryBytes) + LOCKED_BESIDE_GUEST_BYTES);
  if (locked.length === 0) return [];
  const most = Math.max(...locked);
  const common = {
    code: "locked-memory",
    required: true,
    subject: "RLIMIT_MEMLOCK",
    needs: `${formatBytes(most)}, for the largest VM with devices`,
  } as const;
  const now = lockable?.bytes ?? null;
  if (lockable !== null && (now === null || now >= most)) {
    const has = now === null ? "no limit" : formatBytes(now);
    return [{ ...common, state: "there", has, remedy: null, tells: null }];
  }
  const path = "/etc/security/limits.d/evenkeel.conf";
  const remedy: Remedy = {
    text: "Raise the limit of every user, and log in again; or start VMs as root.",
    argv: [writeFile(path, `* - memlock ${Math.ceil(most / GiB) * (GiB / KiB)}`)],
    when: "live",
    undo: [["rm", path]],
  };
  return [
    {
      ...common,
      state: now === null ? "unknown" : "missing",
      has: now === null ? null : formatBytes(now),
      remedy,
      tells: now === null ? tellsHere : null,
    },
  ];
}
