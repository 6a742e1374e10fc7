import { spawnSync } from "node:child_process";

/** What looks at a command later, or why there is nothing. */
export type Watcher = { readonly stop: () => void } | { readonly why: string };

/** What tells a command from every other: no two processes have one number and one start. */
export function watchedAs(pid: number, startTicks: number): string {
  return `${pid}.${startTicks}`;
}

/**
 * Starts a program beside this process, which is no child of it: a shell starts it and ends, so the
 * command that this process becomes has nothing to wait for. It has a session of its own, so that
 * no key of the terminal ends it, no open file but standard error, and `/` as its folder.
 *
 * As process 1 of a container the command is the parent of all that lost theirs, this one too.
 */
export function startWatcher(words: readonly string[]): Watcher {
  // Node's types leave `detached` out here; libuv starts both in one way.
  const options = {
    cwd: "/",
    detached: true,
    encoding: "utf8",
    stdio: ["ignore", "pipe", 2],
    timeout: 10_000,
  } as const;
  const script = '"$@" </dev/null >/dev/null & echo $!';
  const { stdout, error } = spawnSync("/bin/sh", ["-c", script, "sh", ...words], {
    ...options,
    stdio: [...options.stdio],
  });
  const pid = /^[1-9]\d*$/.exec((stdout ?? "").trim())?.[0];
  if (pid === undefined) return { why: `/bin/sh cannot start it (${error?.message ?? "no id"})` };
  return { stop: () => stopped(Number(pid)) };
}

function stopped(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}
