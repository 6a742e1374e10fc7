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

/** What identifies the process of a VM. */
export interface Sought {
  /** The name of the VM in the hypervisor. */
  readonly name: string;
  readonly uuid: string | null;
}

/**
 * Finds the process of a VM: the one in the PID file of libvirt, or the one with the UUID or the
 * name of the VM on its command line. A UUID is more reliable than a name, and both are than a
 * file, which may be old: the process in it must still be an emulator with that name.
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

/** The process with a UUID on its command line; null if there is none. */
export function processWithUuid(tree: Tree, uuid: string): FoundProcess | null {
  return emulators(tree).find(({ identity }) => identity.uuid === uuid) ?? null;
}

/**
 * The QEMU that was started with a UUID; null if there is none. Callers end this process, so its
 * program must be called QEMU too, and a name is not enough.
 */
export function emulatorOf(tree: Tree, uuid: string): number | null {
  const own = emulators(tree).find(
    ({ identity, arguments: [program = ""] }) => identity.uuid === uuid && /qemu/.test(program),
  );
  return own?.pid ?? null;
}

/** All emulators that run. */
function emulators(tree: Tree): FoundProcess[] {
  const pids = tree.list("/proc").filter((name) => /^[1-9]\d{0,8}$/.test(name));
  return pids.flatMap((name) => processOf(tree, Number(name)) ?? []);
}

/** The process with an id, if it is an emulator; null otherwise. */
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
