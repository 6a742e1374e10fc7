import type { ThreadEvidence, ThreadRole } from "@evenkeel/core/evidence/evidence.ts";
import { type Membership, parseMembership } from "../cgroup/parse.ts";
import type { MonitorReading } from "../qmp/read.ts";
import { readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import { iothreadOf, parseLastCpu, parseSchedstat, parseStatus, roleByName } from "./parse-task.ts";
import { threadIds } from "./process-ids.ts";

export interface ReadThreads {
  readonly threads: readonly ThreadEvidence[];
  /** The kernel's count of threads without those that come and go; null where it has none. */
  readonly count: number | null;
  /** The cgroups of the threads, each once. */
  readonly cgroups: readonly Membership[];
}

/**
 * Reads all threads of a process, five small files each. The monitor or its name tells the role of
 * a vCPU thread. If no vCPU is recognized, the other threads have no role either.
 *
 * QEMU starts threads for a moment, such as those that allocate memory, which have the affinity of
 * whoever starts them until they end. They break no promise, so of threads that were not there at
 * an earlier look only those of a vCPU or an iothread count.
 *
 * @param before the threads at an earlier look; null where there was none, and all count.
 */
export function readThreads(
  tree: Tree,
  pid: number,
  monitor: MonitorReading | null,
  before: ReadonlySet<number> | null,
): ReadThreads | null {
  const { tids, count } = countedThreads(tree, pid);
  if (tids.length === 0) return null;
  const folder = `/proc/${pid}/task`;
  const cgroups = new Map<string, Membership>();
  const read = tids.flatMap((tid): ThreadEvidence[] => {
    const where = `${folder}/${tid}`;
    const status = tree.readText(`${where}/status`);
    // It has ended since the list was read.
    if (status === null && tree.realPath(where) === null) return [];
    const { allowedCpus, allowedNodes } = parseStatus(status ?? "");
    const name = readLine(tree, `${where}/comm`);
    const role = byMonitor(tid, monitor) ?? (name === null ? null : roleByName(name));
    if (role === null && before?.has(tid) === false) return [];
    const listed = tree.readText(`${where}/cgroup`) ?? "";
    const cgroup = cgroups.get(listed) ?? parseMembership(listed);
    cgroups.set(listed, cgroup);
    return [
      {
        tid,
        where,
        name: name === null ? null : shown(name, 64),
        role,
        allowedCpus,
        allowedNodes,
        lastCpu: parseLastCpu(tree.readText(`${where}/stat`) ?? ""),
        cgroup: cgroup.cpuset?.path ?? null,
        ...parseSchedstat(tree.readText(`${where}/schedstat`) ?? ""),
      },
    ];
  });
  const rolesKnown = read.some(({ role }) => role?.kind === "vcpu");
  const threads = rolesKnown ? read.map(withRole) : read;
  const passing = tids.length - read.length;
  return {
    threads,
    count: count === null ? null : count - passing,
    cgroups: [...cgroups.values()],
  };
}

/** A thread that begins between the list and the count is in the next list. */
const countTries = 5;

/** The threads of a process, and how many there are by the kernel's own count at that moment. */
function countedThreads(
  tree: Tree,
  pid: number,
): { readonly tids: readonly number[]; readonly count: number | null } {
  for (let tries = 1; ; tries++) {
    const tids = threadIds(tree, pid);
    const count = parseStatus(tree.readText(`/proc/${pid}/status`) ?? "").threads;
    if (!tree.live || tries >= countTries || count === null || count === tids.length) {
      return { tids, count };
    }
  }
}

const withRole = (thread: ThreadEvidence): ThreadEvidence =>
  thread.role === null ? { ...thread, role: { kind: "emulator" } } : thread;

function byMonitor(tid: number, monitor: MonitorReading | null): ThreadRole | null {
  const vcpu = monitor?.vcpus.find((one) => one.tid === tid);
  if (vcpu !== undefined) return { kind: "vcpu", id: vcpu.id };
  const iothread = monitor?.iothreads.find((one) => one.tid === tid);
  return iothread === undefined ? null : iothreadOf(iothread.id);
}
