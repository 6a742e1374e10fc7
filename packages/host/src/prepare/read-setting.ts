import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";
import { type HostSetting, untoldSetting } from "@evenkeel/core/prepare/setting.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readMachineSettings } from "../machine-evidence/read-settings.ts";
import { readHugetlbfs } from "../preflight/read-facts.ts";
import { readKvm } from "../preflight/read-kvm.ts";
import { lockableBytes } from "../preflight/read-memlock.ts";
import { libvirtVersions, qemuVersions } from "../preflight/read-versions.ts";
import { vfioLoadable } from "../preflight/read-vfio.ts";
import { cpuDirectory } from "../sysfs/processors.ts";
import type { Tree } from "../tree/tree.ts";
import { systemFamily } from "./os-release.ts";

/** What is to run VMs there, and the libvirt to ask. */
export interface Via {
  readonly via: HypervisorName;
  readonly libvirtUri: string;
}

/**
 * Reads how a machine is set. A recording tells what the kernel's files in it tell; the rest, and
 * what has to be tried, only this machine does. It changes nothing.
 */
export async function readSetting(
  tree: Tree,
  { machine: { architecture } }: Pick<Topology, "machine">,
  { via, libvirtUri }: Via,
): Promise<HostSetting> {
  const { kernelRelease, bootOptions } = readMachineSettings(tree);
  const iommus = tree.realPath("/sys/class/iommu");
  const kernels = {
    kernelRelease,
    bootOptions,
    // An empty file says that no CPU is.
    isolatedCpus: tree.readText(`${cpuDirectory}/isolated`)?.trim() ?? null,
    iommu: iommus === null ? null : tree.list("/sys/class/iommu").length > 0,
    vfioPci: await vfioLoadable(tree),
    driversTold: true,
  };
  if (!tree.live) return { ...untoldSetting, ...kernels };
  const emulator = `qemu-system-${architecture ?? "x86_64"}`;
  return {
    ...kernels,
    system: systemFamily(tree.readText("/etc/os-release") ?? tree.readText("/usr/lib/os-release")),
    driverctl: isInstalled("driverctl"),
    // A recording's mounts are cut down to the disks, so only a live machine tells this.
    hugetlbfsBytes: readHugetlbfs(tree),
    kvm: readKvm(tree),
    versions: via === "qemu" ? await qemuVersions(emulator) : await libvirtVersions(libvirtUri),
    lockable: { bytes: lockableBytes(tree) },
  };
}

/**
 * What a topology alone tells: drivers, where its source has read any. A machine of the catalog or
 * in one line names no drivers but for a few devices.
 */
export function settingOfTopology({ pci, source }: Pick<Topology, "pci" | "source">): HostSetting {
  const isDescribed = /^(?:machine:|synthetic)/.test(source);
  const driversTold = !isDescribed && pci.some(({ driver }) => driver !== null);
  return { ...untoldSetting, driversTold };
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}
