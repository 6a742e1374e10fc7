import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";

/**
 * The path of a thread's cgroup in the hierarchy that has the cpuset controller, from
 * `/proc/PID/cgroup`: a line `3:cpuset:/path` of version 1, or the line `0::/path` of version 2, in which
 * all controllers are. Null where neither stands there.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export interface CpusetPath {
  readonly version: 1 | 2;
  readonly path: string;
}

export function parseCgroup(text: string): CpusetPath | null {
  const lines = text.split("\n", 64).flatMap((line) => {
    const match = /^(\d{1,4}):([^:]{0,256}):(\/.{0,4095})$/.exec(line);
    return match === null
      ? []
      : [{ controllers: (match[2] ?? "").split(","), path: match[3] ?? "" }];
  });
  const own = lines.find(({ controllers }) => controllers.includes("cpuset"));
  if (own !== undefined) return { version: 1, path: own.path };
  const unified = lines.find(({ controllers }) => controllers[0] === "");
  return unified === undefined ? null : { version: 2, path: unified.path };
}

/** A set of a cpuset file; null where it says none, which in version 2 means that it is the parent's. */
export function parseCpuset(text: string | null): string | null {
  if (text === null || text.trim() === "") return null;
  const set = parseList(text);
  return set === null ? null : formatList(set);
}
