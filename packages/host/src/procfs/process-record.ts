import { lstatSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import { readIndex } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** What the kernel says about a process; null if there is none, or if it may not be read. */
export function readProcess(tree: Tree, pid: number): ProcessRecord | null {
  const [, , startTicks] = statOf(tree, pid) ?? [];
  const [uid] = uidsOf(tree, pid);
  const executable = executableOf(tree, pid);
  if (startTicks === undefined || uid === undefined || executable === null) return null;
  return { pid, startTicks, uid, executable };
}

/** Whether a recorded process still runs. Its id may belong to another process by now. */
export function isRunning(tree: Tree, record: ProcessRecord): boolean {
  const now = readProcess(tree, record.pid);
  return (
    now !== null &&
    now.startTicks === record.startTicks &&
    now.uid === record.uid &&
    now.executable === record.executable
  );
}

/** The process that has started a process. */
export function parentOf(tree: Tree, pid: number): number | null {
  return statOf(tree, pid)?.[1] ?? null;
}

/** When a process was started, in clock ticks since boot; null if there is none. */
export function startOf(tree: Tree, pid: number): number | null {
  return statOf(tree, pid)?.[2] ?? null;
}

/** The process that a thread belongs to: its own id, of a process; null if there is none. */
export function processOfThread(tree: Tree, tid: number): number | null {
  const id = /^Tgid:\s*(\d{1,10})$/m.exec(tree.readText(`/proc/${tid}/status`) ?? "")?.[1];
  return id === undefined ? null : Number(id);
}

/** Users that run emulators: Evenkeel's own, and libvirt's on Debian and on Fedora. */
const emulatorUserNames = ["evenkeel-qemu", "libvirt-qemu", "qemu"] as const;

export interface EmulatorUser {
  readonly name: string;
  readonly uid: number;
}

/**
 * The users of this machine that run emulators, Evenkeel's own first. An account of such a name
 * that is root's is none of them.
 */
export function emulatorUsers(tree: Tree): readonly EmulatorUser[] {
  const uids = new Map(
    (tree.readText("/etc/passwd") ?? "").split("\n").flatMap((line) => {
      const [name = "", , uid = ""] = line.split(":");
      return /^\d{1,10}$/.test(uid) ? [[name, Number(uid)] as const] : [];
    }),
  );
  return emulatorUserNames.flatMap((name) => {
    const uid = uids.get(name);
    return uid === undefined || uid === 0 ? [] : [{ name, uid }];
  });
}

/**
 * Whether a process belongs to root, to the caller, or to a user that runs emulators, with all of
 * its user ids. A recording that has no user ids is believed.
 */
export function isOfTrustedUser(tree: Tree, pid: number): boolean {
  return trustedUserTest(tree)(pid);
}

/** The same for many processes: the users are read once. */
export function trustedUserTest(tree: Tree): (pid: number) => boolean {
  const emulating = emulatorUsers(tree).map(({ uid }) => uid);
  const trusted = new Set([0, process.getuid?.(), ...emulating]);
  return (pid) => {
    const uids = uidsOf(tree, pid);
    return uids.length === 0 ? !tree.live : uids.every((uid) => trusted.has(uid));
  };
}

/**
 * Whether the program that a process executes is a QEMU that only root can replace. Any process can
 * have any command line. A recording without the program is believed.
 */
export function isInstalledQemu(tree: Tree, pid: number): boolean {
  const executable = executableOf(tree, pid);
  if (executable === null) return !tree.live;
  if (!/^qemu-(?:system-[a-z0-9_]+|kvm)$/.test(basename(executable))) return false;
  return !tree.live || isKeptBy(new Set([0]), () => statSync(`/proc/${pid}/exe`));
}

/** The process id in a file that only root or the caller can write. */
export function pidInFile(tree: Tree, path: string): number | null {
  const owners = new Set([0, process.getuid?.()]);
  if (tree.live && !isKeptBy(owners, () => lstatSync(path))) return null;
  return readIndex(tree, path);
}

interface FileMode {
  readonly uid: number;
  readonly mode: number;
  readonly isFile: () => boolean;
}

const WRITABLE_BY_OTHERS = 0o022;

/** Whether a regular file belongs to one of the owners, and nobody else may write it. */
function isKeptBy(owners: ReadonlySet<number | undefined>, look: () => FileMode): boolean {
  try {
    const file = look();
    return file.isFile() && owners.has(file.uid) && (file.mode & WRITABLE_BY_OTHERS) === 0;
  } catch {
    return false;
  }
}

/** The state, the parent and the start of a process, from `/proc/PID/stat` (proc(5)). */
function statOf(
  tree: Tree,
  pid: number,
): readonly [state: string, parent: number, startTicks: number] | null {
  const text = tree.readText(`/proc/${pid}/stat`) ?? "";
  // The second field is the program's name in parentheses, which may contain anything.
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const start = rest[17];
  if (state === undefined || !/^\d{1,10}$/.test(parent ?? "")) return null;
  return /^\d{1,15}$/.test(start ?? "") ? [state, Number(parent), Number(start)] : null;
}

/** The real user of a process; null if there is none. */
export function userOf(tree: Tree, pid: number): number | null {
  return uidsOf(tree, pid)[0] ?? null;
}

/**
 * Whether a process has memory of its own; null in a recording that does not tell. Threads of the
 * kernel and processes that have ended have none.
 */
export function hasMemory(tree: Tree, pid: number): boolean | null {
  const pages = /^\d+/.exec(tree.readText(`/proc/${pid}/statm`) ?? "")?.[0];
  return pages === undefined ? null : Number(pages) > 0;
}

/** The real, effective, saved and file system user ids. */
function uidsOf(tree: Tree, pid: number): readonly number[] {
  const status = tree.readText(`/proc/${pid}/status`) ?? "";
  const line = /^Uid:((?:\s+\d{1,10}){4})$/m.exec(status)?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/).map(Number);
}

/** The program; the kernel appends a word once its file was replaced, by an update for example. */
function executableOf(tree: Tree, pid: number): string | null {
  return tree.readLink(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, "") ?? null;
}
