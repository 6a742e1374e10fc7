import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { built } from "./cache.ts";
import { run } from "./run.ts";

/** An unpacked Debian kernel; nothing of it is installed on the machine. */
export interface Kernel {
  readonly folder: string;
  readonly version: string;
  readonly image: string;
}

/**
 * Debian's cloud kernel in the version of this machine's package lists. It has everything that host
 * and guest need (NUMA, IOMMU, vfio-pci, virtio, erofs) and boots in a few seconds under emulation.
 */
export async function debianKernel(): Promise<Kernel> {
  const depends = await run("apt-cache", ["depends", "linux-image-cloud-amd64"]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined)
    throw new Error("Debian's package linux-image-cloud-amd64 is not available");
  const policy = await run("apt-cache", ["policy", name]);
  const candidate = /Candidate: (\S+)/.exec(policy)?.[1] ?? "";
  const folder = await built(`kernel`, [name, candidate], (target) => unpack(name, target));
  const version = name.replace("linux-image-", "");
  const packed = join(folder, "boot", `vmlinuz-${version}`);
  return { folder, version, image: await built("vmlinux", [packed], (to) => inflate(packed, to)) };
}

/** The kernel's modules as an image, so that the emulated host's own modprobe finds them. */
export async function modulesImage({ folder }: Kernel): Promise<string> {
  return built("modules.erofs", [folder], async (target) => {
    await run("mkfs.erofs", [target, join(folder, "lib", "modules")]);
  });
}

/**
 * Unpacks the kernel proper, which QEMU starts by its PVH entry: under double emulation, a guest
 * would take longer to unpack it than to boot. Debian packs it with LZ4; its setup header has its
 * place (Documentation/arch/x86/boot.rst, payload_offset and payload_length).
 */
async function inflate(packed: string, target: string): Promise<void> {
  const image = readFileSync(packed);
  const setupBytes = (image.readUInt8(0x1f1) + 1) * 512;
  const begin = setupBytes + image.readUInt32LE(0x248);
  // The last four bytes are its unpacked length.
  const end = begin + image.readUInt32LE(0x24c) - 4;
  const payload = `${target}.lz4`;
  try {
    writeFileSync(payload, image.subarray(begin, end));
    await run("lz4", ["-d", "-q", "-f", payload, target]);
  } finally {
    rmSync(payload, { force: true });
  }
}

async function unpack(name: string, target: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-kernel-"));
  try {
    await run("chmod", ["755", folder]);
    await run("apt-get", ["download", name], { cwd: folder });
    const file = readdirSync(folder).find((entry) => entry.endsWith(".deb"));
    await run("dpkg", ["-x", join(folder, file ?? ""), target]);
    await run("depmod", ["-b", target, name.replace("linux-image-", "")]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
