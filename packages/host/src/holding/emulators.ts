import { basename } from "node:path";
import { processOf } from "../procfs/find-process.ts";
import { isInstalledQemu } from "../procfs/process-record.ts";
import { parseArguments, vmIdentity } from "../qemu/command-line.ts";
import type { Tree } from "../tree/tree.ts";

/** A process that runs a VM, whoever started it. */
export interface Emulator {
  readonly pid: number;
  /** As its command line names the VM, or else its program. */
  readonly name: string;
  readonly uuid: string | null;
  readonly arguments: readonly string[];
  /** What its open files are, as the kernel names them; null where they may not be read. */
  readonly files: readonly string[] | null;
}

/**
 * The processes on this machine that run VMs: every installed QEMU, and every other program that
 * has a VM of KVM or a device of VFIO open. A QEMU of another user, whose program cannot be read,
 * is known by its command line alone.
 */
export function findEmulators(tree: Tree): readonly Emulator[] {
  return tree
    .list("/proc")
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .flatMap((name) => emulatorOf(tree, Number(name)) ?? []);
}

function emulatorOf(tree: Tree, pid: number): Emulator | null {
  const program = tree.readLink(`/proc/${pid}/exe`);
  const files = program === null ? null : openFiles(tree, pid);
  const isQemu =
    program === null
      ? /(?:^|\/)qemu-(?:system-|kvm)/.test(processOf(tree, pid)?.arguments[0] ?? "")
      : isInstalledQemu(tree, pid);
  if (!isQemu && !(files ?? []).some(isOfVm)) return null;
  const words = parseArguments(tree.readText(`/proc/${pid}/cmdline`) ?? "");
  const { name, uuid } = vmIdentity(words);
  const fallback = `process ${pid} (${basename(program ?? words[0] ?? "unknown")})`;
  return { pid, name: name ?? fallback, uuid, arguments: words, files };
}

/** `/dev/vfio/vfio` is the container: it belongs to no device. */
function isOfVm(file: string): boolean {
  return file === "anon_inode:kvm-vm" || /^\/dev\/vfio\/(?:\d+|devices\/vfio\d+)$/.test(file);
}

/** A process that lives has files open. */
function openFiles(tree: Tree, pid: number): readonly string[] | null {
  const folder = `/proc/${pid}/fd`;
  const files = tree.list(folder).flatMap((fd) => tree.readLink(`${folder}/${fd}`) ?? []);
  return files.length === 0 ? null : files;
}
