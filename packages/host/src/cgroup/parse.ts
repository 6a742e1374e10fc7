import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { shown } from "../text/shown.ts";

/** A cgroup, in the hierarchy of one controller. */
export interface CgroupPath {
  readonly version: 1 | 2;
  readonly path: string;
}

/** The cgroups of a thread by what they limit; null where no hierarchy has the controller. */
export interface Membership {
  readonly cpuset: CgroupPath | null;
  readonly cpu: CgroupPath | null;
  readonly memory: CgroupPath | null;
}

/**
 * The paths of a thread's cgroups, from `/proc/PID/cgroup`. In version 1 each controller has its
 * own, on a line like `3:cpuset:/path`; in version 2, where all controllers share one hierarchy, it
 * is on the line `0::/path`. Where both are used, a controller is in only one of them.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function parseMembership(text: string): Membership {
  const lines = text.split("\n", 64).flatMap((line) => {
    const match = /^(\d{1,4}):([^:]{0,256}):(\/.{0,4095})$/.exec(line);
    // No document may contain control characters, and anybody with a cgroup names those below it.
    return match === null || shown(match[3] ?? "", 4096) !== match[3]
      ? []
      : [{ controllers: (match[2] ?? "").split(","), path: match[3] ?? "" }];
  });
  const unified = lines.find(({ controllers }) => controllers[0] === "");
  const of = (controller: string): CgroupPath | null => {
    const own = lines.find(({ controllers }) => controllers.includes(controller));
    if (own !== undefined) return { version: 1, path: own.path };
    return unified === undefined ? null : { version: 2, path: unified.path };
  };
  return { cpuset: of("cpuset"), cpu: of("cpu"), memory: of("memory") };
}

/**
 * The set in a cpuset file; null where the file is empty, which in version 2 means the parent's
 * set.
 */
export function parseCpuset(text: string | null): string | null {
  if (text === null || text.trim() === "") return null;
  const set = parseList(text);
  return set === null ? null : formatList(set);
}
