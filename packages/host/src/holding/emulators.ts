import { basename } from "node:path";
import { isLibvirts, processOf } from "../procfs/find-process.ts";
import { type OpenFiles, readOpenFiles } from "../procfs/open-files.ts";
import { hasMemory, isInstalledQemu, trustedUserTest, userOf } from "../procfs/process-record.ts";
import { parseArguments, vmIdentity } from "../qemu/command-line.ts";
import type { Tree } from "../tree/tree.ts";
import { processIds } from "../procfs/process-ids.ts";

/** A process that runs a VM, or has a device as VMs have one, whoever started it. */
export interface Emulator {
  readonly pid: number;
  /** As its command line names the VM, or else its program. */
  readonly name: string;
  readonly uuid: string | null;
  readonly arguments: readonly string[];
  /**
   * Whether it runs a VM. A program that only drives a device through VFIO, as those of DPDK and
   * SPDK do, runs none.
   */
  readonly runsVm: boolean;
  /** Whether it is libvirt's, or belongs to a user who runs VMs. Others may claim any name. */
  readonly isTrusted: boolean;
  /** What its open files are, as the kernel names them; null where they may not be read. */
  readonly files: readonly string[] | null;
}

/** A process of which nobody here can tell whether it runs a VM: its files may not be read. */
export interface ClosedProcess {
  readonly pid: number;
  readonly uid: number | null;
  /** Whether it has the command line of a QEMU. Any process can have that. */
  readonly saysQemu: boolean;
}

/** The processes on a machine that run VMs, and those that may. */
export interface FoundEmulators {
  readonly emulators: readonly Emulator[];
  readonly closed: readonly ClosedProcess[];
}

/**
 * The processes on this machine that run VMs: every installed QEMU, and every other program that
 * has a VM of KVM or a device of VFIO open.
 *
 * The program and the files of a process may be closed to the caller: to a user those of all other
 * users, and to root without CAP_SYS_PTRACE too. Then its command line is believed if it belongs to
 * root or to a user who runs VMs, since they have no reason to deceive. That of any other process
 * proves nothing, so such a process is no VM here, and is reported.
 *
 * @param open the open files of all processes, if the caller has read them already.
 */
export function findEmulators(tree: Tree, open: OpenFiles = readOpenFiles(tree)): FoundEmulators {
  const isOfTrusted = trustedUserTest(tree);
  const emulators: Emulator[] = [];
  const closed: ClosedProcess[] = [];
  for (const pid of processIds(tree)) {
    const program = tree.readLink(`/proc/${pid}/exe`);
    if (program !== null) {
      const files = open.get(pid) ?? null;
      const isQemu = isInstalledQemu(tree, pid);
      if (!isQemu && !(files ?? []).some(isOfVm)) continue;
      const runsVm = isQemu || (files ?? []).includes(vmOfKvm);
      emulators.push(emulatorOf(tree, pid, { program, files, runsVm }, isOfTrusted));
      continue;
    }
    const isProcess = hasMemory(tree, pid);
    if (isProcess === false) continue;
    const saysQemu = qemuName.test(processOf(tree, pid)?.arguments[0] ?? "");
    const seen = { program, files: null, runsVm: true };
    const claimed = saysQemu ? emulatorOf(tree, pid, seen, isOfTrusted) : null;
    if (claimed?.isTrusted === true) emulators.push(claimed);
    else if (saysQemu || isProcess === true) closed.push({ pid, uid: userOf(tree, pid), saysQemu });
  }
  return { emulators, closed };
}

const qemuName = /(?:^|\/)qemu-(?:system-|kvm)/;

function emulatorOf(
  tree: Tree,
  pid: number,
  seen: Pick<Emulator, "files" | "runsVm"> & { readonly program: string | null },
  isOfTrusted: (pid: number) => boolean,
): Emulator {
  const { program, files, runsVm } = seen;
  const words = parseArguments(tree.readText(`/proc/${pid}/cmdline`) ?? "");
  const identity = vmIdentity(words);
  const isTrusted = isOfTrusted(pid) || isLibvirts(tree, { pid, arguments: words, identity });
  const { name, uuid } = identity;
  const fallback = `process ${pid} (${basename(program ?? words[0] ?? "unknown")})`;
  return { pid, name: name ?? fallback, uuid, arguments: words, runsVm, isTrusted, files };
}

/** As the kernel names the open file of a VM. */
const vmOfKvm = "anon_inode:kvm-vm";

/** `/dev/vfio/vfio` is the container: it belongs to no device. */
function isOfVm(file: string): boolean {
  return file === vmOfKvm || /^\/dev\/vfio\/(?:\d+|devices\/vfio\d+)$/.test(file);
}
