import type { ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import { parseArguments, vmIdentity, type VmIdentity } from "../qemu/command-line.ts";
import { isSafeName } from "../qemu/safe-name.ts";
import type { Tree } from "../tree/tree.ts";
import {
  isInstalledQemu,
  isOfTrustedUser,
  isRunning,
  parentOf,
  pidInFile,
  readProcess,
} from "./process-record.ts";
import { processIds } from "./process-ids.ts";

/** A running emulator. */
export interface FoundProcess {
  readonly pid: number;
  readonly arguments: readonly string[];
  readonly identity: VmIdentity;
}

/** What identifies the process of a VM. */
export interface Sought {
  /** The name of the VM in the hypervisor; null if no process is accepted by its name. */
  readonly name: string | null;
  readonly uuid: string;
  /** The process that was recorded when the VM was started. Then no other is accepted. */
  readonly record: ProcessRecord | null;
  /** The file in which Evenkeel's own QEMU wrote its process id. */
  readonly pidFile: string | null;
}

/** The process of a VM. Several that could be it are not told apart. */
export type Search =
  | {
      readonly kind: "found";
      readonly process: FoundProcess;
      /** Null in a recording that lacks the kernel's files about it. */
      readonly record: ProcessRecord | null;
    }
  | { readonly kind: "none" }
  | { readonly kind: "ambiguous"; readonly pids: readonly number[] };

/**
 * Finds the process of a VM: the recorded one, or one with the UUID or the name of the VM on its
 * command line. A command line proves nothing, because every process writes its own. So the id must
 * also be in libvirt's or Evenkeel's PID file, or the process must execute an installed QEMU; and
 * it must belong to a user who runs VMs.
 *
 * The cost is one small file for each process on the machine.
 */
export function findProcess(tree: Tree, { name, uuid, record, pidFile }: Sought): Search {
  if (record !== null) {
    const process = isRunning(tree, record) ? processOf(tree, record.pid) : null;
    // A record that was damaged may name any process of the machine.
    return process?.identity.uuid === uuid ? { kind: "found", process, record } : { kind: "none" };
  }
  const all = emulators(tree);
  const byName = (one: FoundProcess): boolean => name !== null && one.identity.name === name;
  const tests = [
    (one: FoundProcess) => one.identity.uuid === uuid,
    (one: FoundProcess) => byName(one) && one.identity.uuid === null,
    byName,
  ];
  for (const isSought of tests) {
    const search = choose(tree, all.filter(isSought), pidFile);
    if (search.kind !== "none") return search;
  }
  return { kind: "none" };
}

function choose(tree: Tree, all: readonly FoundProcess[], pidFile: string | null): Search {
  const trusted = all.filter(({ pid }) => isOfTrustedUser(tree, pid));
  const filed = trusted.filter(
    (one) => isLibvirts(tree, one) || (pidFile !== null && pidInFile(tree, pidFile) === one.pid),
  );
  const likely = filed.length > 0 ? filed : trusted.filter(({ pid }) => isInstalledQemu(tree, pid));
  // A QEMU that forks, as it does to become a daemon, is one QEMU.
  const pids = new Set(likely.map(({ pid }) => pid));
  const candidates = likely.filter(({ pid }) => {
    const parent = parentOf(tree, pid);
    return parent === null || !pids.has(parent);
  });
  const [first, ...others] = candidates;
  if (first === undefined) return { kind: "none" };
  if (others.length > 0) return { kind: "ambiguous", pids: candidates.map(({ pid }) => pid) };
  const record = readProcess(tree, first.pid);
  // The id may have passed to another process since the first look. The record is of this one.
  const again = processOf(tree, first.pid);
  const { name, uuid } = first.identity;
  const isSame = again?.identity.name === name && again.identity.uuid === uuid;
  return isSame ? { kind: "found", process: first, record } : { kind: "none" };
}

/** Whether the id of an emulator is in the file that the system's libvirt keeps for its domain. */
export function isLibvirts(tree: Tree, { pid, identity: { name } }: FoundProcess): boolean {
  return (
    name !== null && isSafeName(name) && pidInFile(tree, `/run/libvirt/qemu/${name}.pid`) === pid
  );
}

/** All emulators that run, by their command lines. */
export function emulators(tree: Tree): FoundProcess[] {
  return processIds(tree).flatMap((pid) => processOf(tree, pid) ?? []);
}

/** The process with an id, if its command line is an emulator's; null otherwise. */
export function processOf(tree: Tree, pid: number): FoundProcess | null {
  const text = tree.readText(`/proc/${pid}/cmdline`);
  if (text === null || text === "") return null;
  const words = parseArguments(text);
  const identity = vmIdentity(words);
  if (identity.name === null && identity.uuid === null && !/qemu/.test(words[0] ?? "")) return null;
  return { pid, arguments: words, identity };
}
