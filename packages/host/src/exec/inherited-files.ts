import { constants, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** An open file of this process. */
export interface OpenFile {
  readonly number: number;
  /** What it is, as /proc/self/fd names it: `pipe:[5475986]`, `/dev/null`. */
  readonly target: string;
  /** Its flags of open(2), as fdinfo tells them; null where it does not. */
  readonly flags: number | null;
}

/**
 * Picks the open files that this process was given by its parent, from all that it has: the pipes
 * of a jobserver, the sockets of a service manager or of an MPI launcher (`PMI_FD`). Node closes
 * those below 16 when another program takes its place, so they have to be kept open by hand.
 *
 * Node opens nothing before its first epoll file, so what is below that was given. Above it, Node's
 * own files are anonymous ones, pipes with both ends here, and /dev/null to read from; anything
 * else was given.
 */
export function inheritedFiles(open: readonly OpenFile[]): readonly number[] {
  const numbers = open.filter(isEpoll).map(({ number }) => number);
  const firstOwn = Math.min(...numbers);
  const ends = Map.groupBy(open, ({ target }) => target);
  const isOwn = ({ target, flags }: OpenFile): boolean =>
    target.startsWith("anon_inode:") ||
    (target === "/dev/null" && flags !== null && (flags & O_ACCMODE) === constants.O_RDONLY) ||
    (target.startsWith("pipe:") && (ends.get(target) ?? []).length > 1);
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
      const info = readFileSync(`/proc/self/fdinfo/${name}`, "utf8");
      const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
      return [
        {
          number: Number(name),
          target,
          flags: flags === undefined ? null : Number.parseInt(flags, 8),
        },
      ];
    } catch {
      // The folder that was being read.
      return [];
    }
  });
}

const O_ACCMODE = 3;
