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

/** By which a VM's process is known. */
export interface Sought {
  /** As the hypervisor calls the VM. */
  readonly name: string;
  readonly uuid: string | null;
}

/**
 * The process of a VM: the one that libvirt's PID file names, or the one whose command line has the
 * VM's UUID or name. A UUID is surer than a name, and both are than a file that may be old: the process
 * in the file must still be an emulator of that name.
 *
 * The cost is one small file for each process of the machine.
 */
export function findProcess(tree: Tree, sought: Sought): FoundProcess | null {
  const filed = isSafeName(sought.name)
    ? readIndex(tree, `/run/libvirt/qemu/${sought.name}.pid`)
    : null;
  if (filed !== null) {
    const found = processOf(tree, filed);
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

/** The process whose command line has a UUID, where that is known for sure; null where none has. */
export function processWithUuid(tree: Tree, uuid: string): FoundProcess | null {
  return emulators(tree).find(({ identity }) => identity.uuid === uuid) ?? null;
}

/**
 * The QEMU that was started with a UUID; null where none is. Whoever ends a process by what this says
 * must be sure of it: its program must be called so too, and a name is not enough.
 */
export function emulatorOf(tree: Tree, uuid: string): number | null {
  const own = emulators(tree).find(
    ({ identity, arguments: [program = ""] }) => identity.uuid === uuid && /qemu/.test(program),
  );
  return own?.pid ?? null;
}

/** Every process that is an emulator of some VM. */
function emulators(tree: Tree): FoundProcess[] {
  const pids = tree.list("/proc").filter((name) => /^[1-9]\d{0,8}$/.test(name));
  return pids.flatMap((name) => processOf(tree, Number(name)) ?? []);
}

/** The process of a number, with what its command line says; null where there is none. */
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
