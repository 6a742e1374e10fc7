import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { shown } from "../text/shown.ts";

/**
 * The path of a thread's cgroup in the hierarchy with the cpuset controller, from
 * `/proc/PID/cgroup`. In version 1 it is on a line like `3:cpuset:/path`; in version 2, where all
 * controllers share one hierarchy, on the line `0::/path`. Null where there is neither.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export interface CpusetPath {
  readonly version: 1 | 2;
  readonly path: string;
}

export function parseCgroup(text: string): CpusetPath | null {
  const lines = text.split("\n", 64).flatMap((line) => {
    const match = /^(\d{1,4}):([^:]{0,256}):(\/.{0,4095})$/.exec(line);
    // No document may contain control characters, and anybody with a cgroup names those below it.
    return match === null || shown(match[3] ?? "", 4096) !== match[3]
      ? []
      : [{ controllers: (match[2] ?? "").split(","), path: match[3] ?? "" }];
  });
  const own = lines.find(({ controllers }) => controllers.includes("cpuset"));
  if (own !== undefined) return { version: 1, path: own.path };
  const unified = lines.find(({ controllers }) => controllers[0] === "");
  return unified === undefined ? null : { version: 2, path: unified.path };
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
