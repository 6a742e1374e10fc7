import { parseArguments, vmIdentity, type VmIdentity } from "../qemu/command-line.ts";
import { isSafeName } from "../qemu/safe-name.ts";
import { readIndex } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** A running emulator. */
export interface FoundProcess {
  readonly pid: number;
  readonly arguments: readonly string[];
  readonly identity: VmIdentity;
}

/** How a VM's process is identified. */
export interface Sought {
  /** The hypervisor's name of the VM. */
  readonly name: string;
  readonly uuid: string | null;
}

/**
 * Finds the process of a VM: the process in libvirt's PID file, or the process whose command line
 * has the VM's UUID or name. A UUID is surer than a name. A PID file may be old, so its process
 * must still be an emulator with this name or UUID.
 *
 * The cost is one small file for each process on the machine.
 */
export function findProcess(tree: Tree, sought: Sought): FoundProcess | null {
  const pidInFile = isSafeName(sought.name)
    ? readIndex(tree, `/run/libvirt/qemu/${sought.name}.pid`)
    : null;
  if (pidInFile !== null) {
    const found = processOf(tree, pidInFile);
    if (found !== null && isSought(found, sought)) return found;
  }
  const all = emulators(tree);
  return (
    all.find(({ identity }) => sought.uuid !== null && identity.uuid === sought.uuid) ??
    all.find(({ identity }) => identity.name === sought.name && identity.uuid === null) ??
    all.find(({ identity }) => identity.name === sought.name) ??
    null
  );
}

/** The process with this UUID on its command line; null where there is none. */
export function processWithUuid(tree: Tree, uuid: string): FoundProcess | null {
  return emulators(tree).find(({ identity }) => identity.uuid === uuid) ?? null;
}

/**
 * The PID of the QEMU that was started with this UUID; null where there is none. Callers end the
 * process, so both the UUID and the program's name must match; a VM's name is not enough.
 */
export function emulatorOf(tree: Tree, uuid: string): number | null {
  const own = emulators(tree).find(
    ({ identity, arguments: [program = ""] }) => identity.uuid === uuid && /qemu/.test(program),
  );
  return own?.pid ?? null;
}

/** All emulators that run on the machine. */
function emulators(tree: Tree): FoundProcess[] {
  const pids = tree.list("/proc").filter((name) => /^[1-9]\d{0,8}$/.test(name));
  return pids.flatMap((name) => processOf(tree, Number(name)) ?? []);
}

/** The emulator with this PID; null where there is none. */
export function processOf(tree: Tree, pid: number): FoundProcess | null {
  const text = tree.readText(`/proc/${pid}/cmdline`);
  if (text === null || text === "") return null;
  const words = parseArguments(text);
  const identity = vmIdentity(words);
  if (identity.name === null && identity.uuid === null && !/qemu/.test(words[0] ?? "")) return null;
  return { pid, arguments: words, identity };
}

function isSought({ identity }: FoundProcess, { name, uuid }: Sought): boolean {
  return identity.name === name || (uuid !== null && identity.uuid === uuid);
}
