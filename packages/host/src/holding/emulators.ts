import { basename } from "node:path";
import { isLibvirts, processOf } from "../procfs/find-process.ts";
import { type OpenFiles, readOpenFiles } from "../procfs/open-files.ts";
import { isInstalledQemu, trustedUserTest } from "../procfs/process-record.ts";
import { parseArguments, vmIdentity } from "../qemu/command-line.ts";
import type { Tree } from "../tree/tree.ts";

/** A process that runs a VM, whoever started it. */
export interface Emulator {
  readonly pid: number;
  /** As its command line names the VM, or else its program. */
  readonly name: string;
  readonly uuid: string | null;
  readonly arguments: readonly string[];
  /** Whether it is libvirt's, or belongs to a user who runs VMs. Others may claim any name. */
  readonly isTrusted: boolean;
  /** What its open files are, as the kernel names them; null where they may not be read. */
  readonly files: readonly string[] | null;
}

/**
 * The processes on this machine that run VMs: every installed QEMU, and every other program that
 * has a VM of KVM or a device of VFIO open. A QEMU of another user, whose program cannot be read,
 * is known by its command line alone.
 */
export function findEmulators(tree: Tree): readonly Emulator[] {
  const open = readOpenFiles(tree);
  const isOfTrusted = trustedUserTest(tree);
  const pids = tree.list("/proc").filter((name) => /^[1-9]\d{0,8}$/.test(name));
  return pids.map(Number).flatMap((pid) => emulatorOf(tree, pid, open, isOfTrusted) ?? []);
}

function emulatorOf(
  tree: Tree,
  pid: number,
  open: OpenFiles,
  isOfTrusted: (pid: number) => boolean,
): Emulator | null {
  const program = tree.readLink(`/proc/${pid}/exe`);
  const files = program === null ? null : (open.get(pid) ?? null);
  const isQemu =
    program === null
      ? /(?:^|\/)qemu-(?:system-|kvm)/.test(processOf(tree, pid)?.arguments[0] ?? "")
      : isInstalledQemu(tree, pid);
  if (!isQemu && !(files ?? []).some(isOfVm)) return null;
  const words = parseArguments(tree.readText(`/proc/${pid}/cmdline`) ?? "");
  const identity = vmIdentity(words);
  const isTrusted = isOfTrusted(pid) || isLibvirts(tree, { pid, arguments: words, identity });
  const { name, uuid } = identity;
  const fallback = `process ${pid} (${basename(program ?? words[0] ?? "unknown")})`;
  return { pid, name: name ?? fallback, uuid, arguments: words, isTrusted, files };
}

/** `/dev/vfio/vfio` is the container: it belongs to no device. */
function isOfVm(file: string): boolean {
  return file === "anon_inode:kvm-vm" || /^\/dev\/vfio\/(?:\d+|devices\/vfio\d+)$/.test(file);
}
