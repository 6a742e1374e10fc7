import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export const DOMAIN_SCHEMA = "/usr/share/libvirt/schemas/domain.rng";

/** Of the packages that `tools/debian-packages.ts` installs, and of every Linux system. */
const programs = [
  "libvirtd",
  "virsh",
  "qemu-system-x86_64",
  "qemu-system-aarch64",
  "setpriv",
  "unshare",
];

/**
 * Why the tests with libvirt cannot run here, or null where they can; said when they are skipped.
 */
export const whyNot: string | null = reason();

/** The same of the tests that need no more than libvirt's schema of domains. */
export const whyNoSchema: string | null = schemaReason();

function schemaReason(): string | null {
  const missing = ["virt-xml-validate", "xmllint"].filter((program) => !onPath(program));
  if (!existsSync(DOMAIN_SCHEMA)) missing.push(DOMAIN_SCHEMA);
  return missing.length === 0 ? null : lacking(missing);
}

function lacking(missing: readonly string[]): string {
  return `${missing.join(", ")} missing, which "npm test" installs as root on Debian`;
}

function reason(): string | null {
  if (process.platform !== "linux") return "libvirt's QEMU driver runs on Linux";
  const missing = programs.filter((program) => !onPath(program));
  const firmware = ["x86_64", "aarch64"].filter((architecture) => !hasFirmware(architecture));
  missing.push(...firmware.map((architecture) => `UEFI firmware of ${architecture}`));
  if (missing.length > 0) return lacking(missing);
  if (process.getuid?.() !== 0) return "only root can start libvirtd";
  return mayMount() ? null : "root may not make namespaces and mount in them here";
}

/** Some containers give root and withhold what a libvirtd of its own needs. */
function mayMount(): boolean {
  const script =
    "mount -t tmpfs none /run && mkdir /run/h && mount -t hugetlbfs -o pagesize=2M none /run/h";
  const alone = ["--mount", "--net", "--pid", "--fork", "--mount-proc"];
  return spawnSync("unshare", [...alone, "sh", "-c", script]).status === 0;
}

/** Firmware says what it is for in descriptions that QEMU and libvirt share. */
function hasFirmware(architecture: string): boolean {
  const folder = "/usr/share/qemu/firmware";
  return existsSync(folder) && readdirSync(folder).some((file) => file.includes(architecture));
}

function onPath(program: string): boolean {
  // Daemons are in sbin, which an ordinary user's PATH leaves out.
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
