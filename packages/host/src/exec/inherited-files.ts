import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** An open file of this process. */
export interface OpenFile {
  readonly number: number;
  /** What it is, as /proc/self/fd names it: `pipe:[5475986]`, `/dev/null`. */
  readonly target: string;
}

/**
 * Picks the open files that this process was given by its parent, from all that it has: the pipes
 * of a jobserver, the sockets of a service manager or of an MPI launcher (`PMI_FD`). Node closes
 * those below 16 when another program takes its place, so they have to be kept open by hand.
 *
 * Node opens nothing before its first epoll file, so what is below that was given. Above it, Node's
 * own files are anonymous ones, pipes with both ends here, and /dev/null; anything else was given.
 */
export function inheritedFiles(open: readonly OpenFile[]): readonly number[] {
  const numbers = open.filter(isEpoll).map(({ number }) => number);
  const firstOwn = Math.min(...numbers);
  const ends = Map.groupBy(open, ({ target }) => target);
  const isOwn = ({ target }: OpenFile): boolean =>
    target.startsWith("anon_inode:") ||
    target === "/dev/null" ||
    (target.startsWith("pipe:") && (ends.get(target)?.length ?? 1) > 1);
  return open
    .filter((file) => file.number <= 2 || file.number < firstOwn || !isOwn(file))
    .map(({ number }) => number)
    .toSorted((a, b) => a - b);
}

const isEpoll = ({ target }: OpenFile): boolean => target === "anon_inode:[eventpoll]";

/** The open files of this process. */
export function openFilesHere(): readonly OpenFile[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      // The folder that is being read.
      return target === `/proc/${process.pid}/fd` ? [] : [{ number: Number(name), target }];
    } catch {
      return [];
    }
  });
}

/** Whether writes to an open file return at once instead of waiting, by its flags in fdinfo. */
export function isNonBlocking(number: number): boolean {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${number}`, "utf8");
    const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & 0o4000) !== 0;
  } catch {
    return false;
  }
}
