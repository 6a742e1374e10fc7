import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { SubjectKind } from "@evenkeel/core/evidence/evidence.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { containersLike } from "../procfs/containers.ts";
import { findProcess, type FoundProcess } from "../procfs/find-process.ts";
import { hasMemory, processOfThread, userOf } from "../procfs/process-record.ts";
import { vmIdentity } from "../qemu/command-line.ts";
import type { Emulator } from "../holding/emulators.ts";
import { processOf } from "../procfs/find-process.ts";
import type { RunningHere } from "./running-here.ts";

/** Something that runs here, of which evidence can be read. */
export interface RunningSubject {
  readonly of: Exclude<SubjectKind, "machine">;
  readonly name: string;
  /** Without arguments, unless it is a QEMU. */
  readonly process: FoundProcess;
  /** All processes that belong to it, its own included: of a container, those in it. */
  readonly pids: ReadonlySet<number>;
}

/** What a word on the command line names. */
export type SubjectWord =
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "container"; readonly id: string }
  | { readonly kind: "name"; readonly name: string };

const wordsExpected =
  "a VM's name or UUID, the number of a process, or container: and the beginning of its id";

/**
 * Reads a word: digits only are the number of a process, `container:` is followed by the beginning
 * of a container's id, with or without a runtime's name (`container:containerd://4f5a`), and
 * anything else is a VM's name or UUID. Errors: `usage`.
 */
export function subjectWord(word: string): SubjectWord {
  if (/^\d+$/.test(word)) {
    if (/^[1-9]\d{0,8}$/.test(word)) return { kind: "pid", pid: Number(word) };
    throw notNamed(word, "no process has this number");
  }
  const id = /^container:(?:[a-z-]+:\/\/)?(.*)$/s.exec(word)?.[1];
  if (id === undefined) {
    if (word !== "") return { kind: "name", name: word };
    throw notNamed(word, "no VM is named");
  }
  if (/^[0-9a-f]{4,64}$/.test(id)) return { kind: "container", id };
  throw notNamed(word, "this is no id of a container", "4 to 64 of its hexadecimal digits");
}

function notNamed(where: string, message: string, expected = wordsExpected): EvenkeelError {
  return new EvenkeelError("usage", message, {
    where: JSON.stringify(where),
    expected,
    remedy:
      "see evenkeel list for VMs, ps for processes, and docker ps or crictl ps for containers",
  });
}

/**
 * The process with a number: a VM if it runs one. Errors: `process-unknown`.
 *
 * Whoever named the number is believed to know what it is: the command line of a QEMU suffices.
 */
export function subjectOfPid(here: RunningHere, pid: number): RunningSubject {
  const { tree } = here;
  const leader = processOfThread(tree, pid);
  if (leader !== null && leader !== pid) {
    throw unknownProcess(`${pid}`, `it is a thread of process ${leader}`, `give ${leader}`);
  }
  if (tree.realPath(`/proc/${pid}`) === null) {
    throw unknownProcess(`${pid}`, "no process of this number runs here");
  }
  if (hasMemory(tree, pid) === false) {
    throw unknownProcess(
      `${pid}`,
      "it has no memory: it has ended, or it is a thread of the kernel",
    );
  }
  const emulator = here.found.emulators.find((one) => one.pid === pid && one.runsVm);
  if (emulator !== undefined) return vmOf(emulator);
  const claim = here.found.closed.find((one) => one.pid === pid && one.saysQemu);
  const process = claim === undefined ? null : processOf(tree, pid);
  if (process !== null) return qemuSubject(process);
  return plain("process", `process ${pid}`, pid, [pid]);
}

/**
 * The container whose id begins as given: its first process, or the VM that it runs, as those of
 * KubeVirt do. Errors: `process-unknown`.
 */
export function subjectOfContainer(here: RunningHere, idStart: string): RunningSubject {
  const where = `container:${idStart}`;
  const found = containersLike(here.tree, idStart).filter(({ pids }) => pids.length > 0);
  const [only, ...others] = found;
  const first = only?.pids[0];
  if (only === undefined || first === undefined) {
    throw unknownProcess(where, "no container whose id begins so runs here");
  }
  if (others.length > 0) {
    const ids = found.slice(0, 8).map(({ id }) => id.slice(0, Math.max(12, idStart.length + 4)));
    throw unknownProcess(where, "several containers' ids begin so", null, ids.join(", "));
  }
  const { id, pids } = only;
  const inside = new Set(pids);
  const vms = here.found.emulators.filter(({ pid, runsVm }) => runsVm && inside.has(pid));
  const [vm, ...more] = vms;
  if (vm !== undefined && more.length === 0) return { ...vmOf(vm), pids: inside };
  return plain("container", `container ${id.slice(0, 12)}`, first, pids);
}

/**
 * The VM that an emulator on this machine runs under a name or UUID. A command line proves nothing,
 * so a process of a user who runs no VMs is named by its number alone. Errors: `vm-unknown`.
 */
export function vmCalled(here: RunningHere, word: string): RunningSubject {
  const uuid = word.toLowerCase();
  const search = findProcess(here.tree, { name: word, uuid, record: null, pidFile: null });
  if (search.kind === "found") return qemuSubject(search.process);
  const where = word;
  if (search.kind === "ambiguous") {
    throw new EvenkeelError("vm-unknown", "several processes could be this VM", {
      where,
      expected: `one of the processes ${search.pids.join(", ")}, by its number`,
      remedy: `give ${search.pids[0] ?? "its number"}, for example; ps -fp shows which is which`,
    });
  }
  const all = here.found.emulators.filter(({ runsVm }) => runsVm);
  const claim = all.find((one) => one.name === word || one.uuid === uuid);
  if (claim !== undefined) {
    const user = userOf(here.tree, claim.pid);
    const message = `process ${claim.pid} says that it is this VM, and belongs to user ${user ?? "unknown"}, who runs no VMs`;
    throw new EvenkeelError("vm-unknown", message, {
      where,
      expected: "a VM of root, of libvirt or of the caller, or the number of a process",
      remedy: `if it is the one you mean, give ${claim.pid}`,
    });
  }
  const near = didYouMean(
    word,
    all.map(({ name }) => name),
  );
  throw new EvenkeelError("vm-unknown", "no VM of this name or UUID runs here", {
    where,
    expected: wordsExpected,
    remedy: near === null ? "see evenkeel list" : `did you mean ${shellWord(near)}?`,
  });
}

function unknownProcess(
  where: string,
  message: string,
  remedy: string | null = null,
  expected = "a process or container that runs on this machine",
): EvenkeelError {
  return new EvenkeelError("process-unknown", message, {
    where,
    expected,
    ...(remedy === null ? {} : { remedy }),
  });
}

/** Of a VM that another program than QEMU runs, the command line says nothing that is known. */
function vmOf({ pid, arguments: words, name }: Emulator): RunningSubject {
  const identity = vmIdentity(words);
  if (isQemu.test(words[0] ?? "")) return qemuSubject({ pid, arguments: words, identity });
  return plain("vm", name, pid, [pid]);
}

/** As its first word names QEMU; Proxmox starts it as `/usr/bin/kvm`. */
const isQemu = /qemu|(?:^|\/)kvm$/;

export function qemuSubject(process: FoundProcess): RunningSubject {
  const { pid, identity } = process;
  return { of: "vm", name: identity.name ?? `process ${pid}`, process, pids: new Set([pid]) };
}

function plain(
  of: RunningSubject["of"],
  name: string,
  pid: number,
  pids: readonly number[],
): RunningSubject {
  const process = { pid, arguments: [], identity: { name: null, uuid: null } };
  return { of, name, process, pids: new Set(pids) };
}
