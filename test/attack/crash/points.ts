import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.ts";

/** The file in the folder of a world in which strace writes about an injection. */
export const injectionLog = "injection.log";

/** A system call that changes something, as strace selects it. */
export interface Point {
  readonly call: string;
  /**
   * The path that it concerns, within the state folder; null for one that concerns none. strace
   * selects it by this path.
   */
  readonly path: string | null;
  /** How many calls of this name, with this path, its thread has made up to this one. */
  readonly nth: number;
  /** For people, without what differs between runs. */
  readonly label: string;
}

const onFiles = [
  "openat",
  "write",
  "pwrite64",
  "writev",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "symlink",
  "unlink",
  "unlinkat",
  "mkdir",
  "mkdirat",
  "rmdir",
  "fsync",
  "fdatasync",
  "chmod",
  "fchmod",
  "fchmodat",
  "ftruncate",
] as const;
const onProcesses = ["clone", "vfork", "fork", "kill", "tgkill", "connect", "sendto"] as const;

/** The arguments of strace for a run that lists the calls of a command, and not of its programs. */
export function tracing(log: string): readonly string[] {
  const calls = [...onFiles, ...onProcesses].join(",");
  return ["strace", "-f", "-b", "execve", "-y", "-s", "90", "-o", log, "-e", `trace=${calls}`];
}

/** The arguments of strace for a run in which something happens at a point. */
export function injecting(
  point: Point,
  what: string,
  { state, folder }: Pick<World, "state" | "folder">,
): readonly string[] {
  const { call, path, nth } = point;
  const selecting = ["-e", `trace=${call}`, ...(path === null ? [] : ["-P", state + path])];
  const injected = ["-e", `inject=${call}:${what}:when=${nth}`];
  const log = join(folder, injectionLog);
  return ["strace", "-f", "-b", "execve", "-o", log, ...selecting, ...injected];
}

interface Traced {
  readonly thread: string;
  readonly call: string;
  readonly args: string;
}

/** The points of a traced command, in the order in which they were reached. */
export function pointsOf(log: string, state: string): readonly Point[] {
  const calls = readCalls(log);
  const main = calls[0]?.thread;
  return calls.flatMap((one, i): Point[] => {
    const before = calls.slice(0, i + 1).filter((other) => other.call === one.call);
    const own = before.filter(({ thread }) => thread === one.thread);
    const path = changedPath(one, state);
    if (path !== null) {
      const nth = own.filter((other) => pathsOf(other).includes(path)).length;
      return [{ call: one.call, path: path.slice(state.length), nth, label: labelOf(one, state) }];
    }
    if (one.thread !== main || !changesProcesses(one, state)) return [];
    return [{ call: one.call, path: null, nth: own.length, label: labelOf(one, state) }];
  });
}

function readCalls(log: string): readonly Traced[] {
  if (!existsSync(log)) throw new Error("strace has written nothing");
  return readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, thread, call, args] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
      if (thread === undefined || call === undefined || args === undefined) return [];
      return [{ thread, call, args }];
    });
}

/** The paths that strace takes a call to concern: its texts, and those of its descriptors. */
function pathsOf({ call, args }: Traced): readonly string[] {
  const given = args.replace(/\) += .*$/, "");
  const open = [...given.matchAll(/\b(?:\d+|AT_FDCWD)<([^>]*)>/g)].map(([, path = ""]) => path);
  const isText = call.startsWith("write") || call.startsWith("pwrite");
  const named = isText ? [] : [...given.matchAll(/"([^"]*)"/g)].map(([, path = ""]) => path);
  return [...open, ...named];
}

function changedPath(traced: Traced, state: string): string | null {
  const { call, args } = traced;
  if (!(onFiles as readonly string[]).includes(call)) return null;
  if (call === "openat" && !/\bO_(?:CREAT|WRONLY|RDWR|TRUNC)\b/.test(args)) return null;
  const isWithin = (path: string): boolean => path === state || path.startsWith(`${state}/`);
  return pathsOf(traced).find(isWithin) ?? null;
}

/** Whether a call without a path starts, ends or commands a process, or says something. */
function changesProcesses({ call, args }: Traced, state: string): boolean {
  if (call === "clone") return !args.includes("CLONE_THREAD");
  if (call === "connect") return args.includes(state);
  if (call === "write" || call === "sendto") {
    if (/^[12]</.test(args)) return !/(?:NULL|""), 0\b/.test(args);
    return /"execute\\":\\"(?!query|human|qom)/.test(args);
  }
  return ["kill", "tgkill", "vfork", "fork"].includes(call) && !/, 0\)/.test(args);
}

function labelOf({ call, args }: Traced, state: string): string {
  const given = args
    .replace(/\) += .*$|\) *<unfinished.*$| <unfinished.*$/, "")
    .replaceAll(state, "state")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, "UUID")
    .replaceAll(/AT_FDCWD(<[^>]*>)?, |\b\d+(?=<)/g, "")
    .replaceAll(/(socket|pipe):\[\d+\]/g, "$1")
    .replaceAll(/child_tidptr=\w+|(?<=kill\()\d+/g, "…");
  return `${call}(${given.slice(0, 70)}`;
}
