import { constants, fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** An open file of a process. */
export interface OpenFile {
  readonly number: number;
  /** What it is, as /proc/self/fd names it: `pipe:[5475986]`, `/dev/null`. */
  readonly target: string;
  /** Its flags of open(2), as fdinfo tells them; null where it does not. */
  readonly flags: number | null;
  /** What tells it from others of its kind; null where nothing does. */
  readonly identity: string | null;
  /** When anybody last wrote to it or read from it, the earlier of both; for pipes, else null. */
  readonly touchedMs: number | null;
}

/**
 * Picks the open files that this process was given by its parent, from all that it has once Node
 * has started: the pipes of a jobserver, the sockets of a service manager or of an MPI launcher
 * (`PMI_FD`). Node marks those with low numbers to close when another program takes its place.
 *
 * Node's own are of few kinds, all marked to close: what its loops wait with, and pipes with both
 * ends here. It opens its first epoll file first, so what is below that was given. Above it, one of
 * these kinds was given if the parent has the same, or if it is older than this process. Later,
 * with its first stream, it opens /dev/null to read from, which comes above all of these.
 *
 * @param parents the open files of the parent; empty where they cannot be read.
 * @param startedMs when Node started here, by the clock of files.
 */
export function inheritedFiles(
  open: readonly OpenFile[],
  parents: readonly OpenFile[],
  startedMs: number,
): readonly number[] {
  const ofLoops = open.filter((file) => loopKinds.has(file.target) && closes(file));
  const firstOwn = Math.min(...ofLoops.filter(isEpoll).map(({ number }) => number));
  const lastOwn = Math.max(...ofLoops.map(({ number }) => number));
  const ends = Map.groupBy(open, ({ target }) => target);
  const known = new Set(parents.map(({ identity }) => identity));
  const isOwn = (file: OpenFile): boolean => {
    const { number, target, flags, identity, touchedMs } = file;
    if (number < firstOwn || !closes(file)) return false;
    if (target === "/dev/null") {
      return number > lastOwn && flags !== null && (flags & O_ACCMODE) === constants.O_RDONLY;
    }
    const isOfLoop = loopKinds.has(target);
    if (!isOfLoop && !(isPipe(target) && (ends.get(target) ?? []).length > 1)) return false;
    const isParents = identity !== null && known.has(identity);
    return !isParents && (touchedMs === null || touchedMs > startedMs - clockStepMs);
  };
  const given = open.filter((file) => !isOwn(file)).map(({ number }) => number);
  // The standard files always, also where there is no /proc.
  return [...new Set([0, 1, 2, ...given])].toSorted((a, b) => a - b);
}

const isEpoll = ({ target }: OpenFile): boolean => target === "anon_inode:[eventpoll]";
const isPipe = (target: string): boolean => target.startsWith("pipe:");

/** Whether it closes when another program takes this one's place. */
const closes = ({ flags }: OpenFile): boolean => flags === null || (flags & O_CLOEXEC) !== 0;

/** What libuv makes for a loop, beside pipes. */
const loopKinds: ReadonlySet<string> = new Set([
  "anon_inode:[eventpoll]",
  "anon_inode:[eventfd]",
  "anon_inode:[io_uring]",
]);

const O_CLOEXEC = 0o2000000;
const O_ACCMODE = 3;
const { O_NONBLOCK } = constants;

/** Times of files are those of the last tick of a clock that ticks at 100 to 1,000 Hz. */
const clockStepMs = 20;

/** The open files that this process was given. */
export interface GivenFiles {
  readonly files: readonly number[];
  /** The standard ones in which a read or write does not wait. */
  readonly unwaiting: readonly number[];
}

/** Finds the open files that this process was given. Call it before anything here opens some. */
export function filesGiven(): GivenFiles {
  const open = openFilesOf("self");
  return {
    files: inheritedFiles(open, openFilesOf(`${process.ppid}`), performance.timeOrigin),
    unwaiting: open.flatMap(({ number, flags }) => {
      return number <= 2 && flags !== null && (flags & O_NONBLOCK) !== 0 ? [number] : [];
    }),
  };
}

function openFilesOf(pid: string): readonly OpenFile[] {
  const folder = `/proc/${pid}`;
  return textsOr([], () => readdirSync(`${folder}/fd`)).flatMap((name) => {
    const target = textsOr(null, () => readlinkSync(`${folder}/fd/${name}`));
    // The folder that was being read.
    if (target === null || target.startsWith(`/proc/${process.pid}/fd`)) return [];
    const info = textsOr("", () => readFileSync(`${folder}/fdinfo/${name}`, "utf8"));
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    const number = Number(name);
    return [
      {
        number,
        target,
        flags: flags === undefined ? null : Number.parseInt(flags, 8),
        identity: identityOf(target, info),
        touchedMs: pid === "self" && isPipe(target) ? touchedAt(number) : null,
      },
    ];
  });
}

/** The inode of a pipe, the number of an eventfd, the inode of a ring. */
function identityOf(target: string, info: string): string | null {
  if (isPipe(target)) return target;
  const name = target === "anon_inode:[eventfd]" ? "eventfd-id" : "ino";
  if (target !== "anon_inode:[eventfd]" && target !== "anon_inode:[io_uring]") return null;
  const told = new RegExp(`^${name}:\\s*(\\d+)$`, "m").exec(info)?.[1];
  return told === undefined ? null : `${target} ${told}`;
}

function touchedAt(number: number): number | null {
  return textsOr(null, () => {
    const { atimeMs, mtimeMs } = fstatSync(number);
    return Math.min(atimeMs, mtimeMs);
  });
}

/** What a file of /proc says, or another value where it cannot be read. */
function textsOr<T, U>(other: U, read: () => T): T | U {
  try {
    return read();
  } catch {
    return other;
  }
}
