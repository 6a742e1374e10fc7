import type { ThreadEvidence, ThreadRole } from "@evenkeel/core/evidence/evidence.ts";
import { cgroupOf } from "../cgroup/read.ts";
import type { CpusetPath } from "../cgroup/parse.ts";
import type { MonitorReading } from "../qmp/read.ts";
import { readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import { iothreadOf, parseLastCpu, parseStatus, roleByName } from "./parse-task.ts";

export interface ReadThreads {
  readonly threads: readonly ThreadEvidence[];
  /** The cgroups of the threads, by path. */
  readonly cgroups: ReadonlyMap<string, CpusetPath>;
}

/**
 * Reads all threads of a process, four small files each. The monitor or its name tells the role of
 * a vCPU thread. If no vCPU is recognized, the other threads have no role either.
 */
export function readThreads(
  tree: Tree,
  pid: number,
  monitor: MonitorReading | null,
): ReadThreads | null {
  const folder = `/proc/${pid}/task`;
  const tids = tree
    .list(folder)
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number);
  if (tids.length === 0) return null;
  const cgroups = new Map<string, CpusetPath>();
  const read = tids
    .toSorted((a, b) => a - b)
    .flatMap((tid): ThreadEvidence[] => {
      const where = `${folder}/${tid}`;
      const status = tree.readText(`${where}/status`);
      // It has ended since the list was read.
      if (status === null && tree.realPath(where) === null) return [];
      const { allowedCpus, allowedNodes } = parseStatus(status ?? "");
      const name = readLine(tree, `${where}/comm`);
      const cgroup = cgroupOf(tree, where);
      if (cgroup !== null) cgroups.set(cgroup.path, cgroup);
      return [
        {
          tid,
          where,
          name: name === null ? null : shown(name, 64),
          role: byMonitor(tid, monitor) ?? (name === null ? null : roleByName(name)),
          allowedCpus,
          allowedNodes,
          lastCpu: parseLastCpu(tree.readText(`${where}/stat`) ?? ""),
          cgroup: cgroup?.path ?? null,
        },
      ];
    });
  const rolesKnown = read.some(({ role }) => role?.kind === "vcpu");
  const threads = rolesKnown ? read.map(withRole) : read;
  return { threads, cgroups };
}

const withRole = (thread: ThreadEvidence): ThreadEvidence =>
  thread.role === null ? { ...thread, role: { kind: "emulator" } } : thread;

function byMonitor(tid: number, monitor: MonitorReading | null): ThreadRole | null {
  const vcpu = monitor?.vcpus.find((one) => one.tid === tid);
  if (vcpu !== undefined) return { kind: "vcpu", id: vcpu.id };
  const iothread = monitor?.iothreads.find((one) => one.tid === tid);
  return iothread === undefined ? null : iothreadOf(iothread.id);
}
