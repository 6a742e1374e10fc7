import { startOf } from "./process-record.ts";
import type { Tree } from "../tree/tree.ts";
import { processIds } from "./process-ids.ts";

/** A container, and its processes in the order in which they were started. */
export interface Container {
  /** All 64 digits. */
  readonly id: string;
  readonly pids: readonly number[];
}

/**
 * The containers whose ids begin as given, by the cgroups of all processes. Docker, containerd,
 * CRI-O and Podman name a container's cgroup after its id, each with a prefix of its own:
 *
 *     /docker/ID, /system.slice/docker-ID.scope, /kubepods/burstable/podUID/ID,
 *     /kubepods.slice/…/cri-containerd-ID.scope, /…/crio-ID.scope, /machine.slice/libpod-ID.scope
 *
 * The monitor of a container (`crio-conmon-ID.scope`) is not in it. A container within another one
 * has processes that are in both.
 */
export function containersLike(tree: Tree, idStart: string): readonly Container[] {
  const members = new Map<string, number[]>();
  for (const pid of processIds(tree)) {
    for (const id of containerIds(tree.readText(`/proc/${pid}/cgroup`) ?? "")) {
      if (!id.startsWith(idStart)) continue;
      const own = members.get(id);
      if (own === undefined) members.set(id, [pid]);
      else own.push(pid);
    }
  }
  return [...members].map(([id, all]) => ({ id, pids: inOrder(tree, all) }));
}

/** The ids of the containers that a process is in, from its `/proc/PID/cgroup`. */
export function containerIds(cgroup: string): ReadonlySet<string> {
  const parts = cgroup.split("\n", 64).flatMap((line) => line.slice(0, 4096).split(/[/:]/));
  return new Set(
    parts.flatMap((part) => {
      const [, prefix, id] = /^(.*?)([0-9a-f]{64})(?:\.scope)?$/.exec(part) ?? [];
      return id === undefined || !isPrefix(prefix ?? "") ? [] : [id];
    }),
  );
}

const isPrefix = (text: string): boolean => text === "" || /^[a-z]+(?:-containerd)?-$/.test(text);

function inOrder(tree: Tree, pids: readonly number[]): readonly number[] {
  const started = pids.flatMap((pid) => {
    const ticks = startOf(tree, pid);
    return ticks === null ? [] : [{ pid, ticks }];
  });
  return started.toSorted((a, b) => a.ticks - b.ticks || a.pid - b.pid).map(({ pid }) => pid);
}
