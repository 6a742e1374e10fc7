import type { IndexSet } from "@evenkeel/core/set/index-set.ts";
import { at } from "@evenkeel/core/unit/list.ts";

/**
 * System calls by which a process prepares itself for the program that it is about to become, and
 * becomes it. Node has none of them but `execve` without a way back, so they go through koffi,
 * which is optional.
 *
 * Each returns 0, or the error number with which the kernel refused.
 */
export interface ProcessCalls {
  /** https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html, of this thread. */
  readonly setAffinity: (cpus: IndexSet) => number;
  /**
   * https://man7.org/linux/man-pages/man2/set_mempolicy.2.html, of this thread. Threads and
   * processes that it starts inherit the policy, and execve(2) preserves it.
   */
  readonly setMemoryPolicy: (policy: MemoryPolicy, nodes: IndexSet) => number;
  /** An exclusive lock of flock(2) on an open file, without waiting. */
  readonly lock: (file: number) => number;
  /** Lets the program have an open file, which Node opens for itself alone. */
  readonly keepOpen: (file: number) => number;
  /** Whether reads and writes of an open file wait, for everybody who has it open. */
  readonly setWaiting: (file: number, waits: boolean) => number;
  /** Ignores a signal, which execve(2) preserves. */
  readonly ignore: (signal: number) => number;
  /** The soft limit of open files, which Node raises to the hard one. */
  readonly limitOpenFiles: (soft: number) => number;
  /** Becomes a program. Returns only if that fails. Every text is bytes up to a zero. */
  readonly become: (
    file: Uint8Array,
    words: readonly Uint8Array[],
    env: readonly Uint8Array[],
  ) => number;
}

/** The policies of set_mempolicy(2), by their numbers in linux/mempolicy.h. */
const policies = { bind: 2, preferred: 1, "preferred-many": 5 } as const;
export type MemoryPolicy = keyof typeof policies;

/** scripts/syscall.tbl and arch/x86/entry/syscalls/syscall_64.tbl of Linux */
const setMemoryPolicyNumbers: ReadonlyMap<string, number> = new Map([
  ["x64", 238],
  ["arm64", 237],
]);

const LOCK_EX = 2;
const LOCK_NB = 4;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const RLIMIT_NOFILE = 7;
const SIG_IGN = 1;

/** The calls on this machine; null where koffi is not installed, or a number is not known here. */
export async function loadProcessCalls(): Promise<ProcessCalls | null> {
  const number = setMemoryPolicyNumbers.get(process.arch);
  const koffi = await import("koffi").then(
    (module) => module.default,
    () => null,
  );
  if (number === undefined || koffi === null) return null;
  // Of this process itself, so that it is the libc that Node runs with.
  const libc = koffi.load(null);
  const call = (prototype: string): ((...words: readonly unknown[]) => number) => {
    const native = libc.func(prototype);
    return (...words) => {
      const result: unknown = native(...words);
      return Number(result) < 0 ? koffi.errno() : 0;
    };
  };
  const affinity = call("int sched_setaffinity(int, size_t, void *)");
  const policy = call("long syscall(long, int, void *, unsigned long)");
  const flock = call("int flock(int, int)");
  const setFlag = call("int fcntl(int, int, int)");
  const getFlags = libc.func("int fcntl(int, int, int)");
  const setLimit = call("int prlimit(int, int, void *, void *)");
  const handle = call("intptr_t signal(int, intptr_t)");
  const exec = call("int execve(void *, void *, void *)");
  return {
    setAffinity: (cpus) => {
      const mask = maskOf(cpus);
      return affinity(0, mask.byteLength, mask);
    },
    setMemoryPolicy: (name, nodes) => {
      const mask = maskOf(nodes);
      // The kernel takes one off: it counts bits up to, and not with, the number that it is given.
      return policy(number, policies[name], mask, mask.byteLength * 8 + 1);
    },
    lock: (file) => flock(file, LOCK_EX | LOCK_NB),
    keepOpen: (file) => setFlag(file, F_SETFD, 0),
    setWaiting: (file, waits) => {
      const flags: unknown = getFlags(file, F_GETFL, 0);
      if (typeof flags !== "number" || flags < 0) return koffi.errno();
      const isWaiting = (flags & O_NONBLOCK) === 0;
      return isWaiting === waits ? 0 : setFlag(file, F_SETFL, flags ^ O_NONBLOCK);
    },
    ignore: (signal) => handle(signal, SIG_IGN),
    limitOpenFiles: (soft) => {
      const now = new BigUint64Array(2);
      const failed = setLimit(0, RLIMIT_NOFILE, null, now);
      if (failed !== 0) return failed;
      now[0] = BigInt(soft);
      return setLimit(0, RLIMIT_NOFILE, now, null);
    },
    become: (file, words, env) => {
      const { block, starts } = zeroEnded([file, ...words, ...env]);
      const first = koffi.address(block);
      const [, ...pointers] = starts.map((start) => first + BigInt(start));
      const upTo = (from: number, to: number): BigUint64Array =>
        BigUint64Array.from([...pointers.slice(from, to), 0n]);
      // The file's name comes first in the block, so that the call itself keeps the block.
      return exec(block, upTo(0, words.length), upTo(words.length, pointers.length));
    },
  };
}

/** Texts in one block of memory, each with a zero at its end, and where each starts. */
function zeroEnded(texts: readonly Uint8Array[]): {
  readonly block: Uint8Array;
  readonly starts: readonly number[];
} {
  const starts: number[] = [];
  let length = 0;
  for (const text of texts) {
    starts.push(length);
    length += text.length + 1;
  }
  const block = new Uint8Array(length);
  for (const [place, text] of texts.entries()) block.set(text, at(starts, place));
  return { block, starts };
}

/** A mask of the kernel: whole words of 64 bits, the lowest first. */
function maskOf({ words }: IndexSet): Uint32Array {
  const mask = new Uint32Array(Math.max(2, words.length + (words.length % 2)));
  mask.set(words);
  return mask;
}
