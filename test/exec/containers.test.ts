import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execWords, isRoot, StandIn } from "./stand-in.ts";

/**
 * `exec` in real containers, of bubblewrap and of unshare: namespaces of their own for mounts and
 * processes, a /run of their own, and with them or without the folder of leases of the machine. It
 * has two GPUs and two cores, so that each command is to have one of them.
 */
const machine = new StandIn(2);
const leases = join(machine.folder, "leases");
const inside = "/run/evenkeel/leases";
beforeAll(() => {
  mkdirSync(leases);
  chmodSync(leases, 0o1777);
});
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));

/** The words before a command that is to run in a container. */
type Container = (withLeases: boolean) => readonly string[];

/** Groups the words of one option, so that it reads as one. */
const words = (...all: readonly string[]): readonly string[] => all;

const bubble: Container = (withLeases) => [
  "bwrap",
  ...words("--ro-bind", "/", "/"),
  ...words("--proc", "/proc", "--dev", "/dev"),
  ...words("--unshare-pid", "--die-with-parent"),
  ...words("--ro-bind", join(machine.folder, "sys"), "/sys"),
  ...words("--tmpfs", "/run"),
  ...(withLeases ? ["--bind", leases, inside] : []),
];

const unshared: Container = (withLeases) => {
  const script = [
    "mount -t tmpfs -o mode=755 run /run",
    `mount --rbind ${machine.folder}/sys /sys`,
    ...(withLeases ? [`mkdir -p ${inside}`, `mount --bind ${leases} ${inside}`] : []),
    'exec "$@"',
  ];
  const own = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  return ["unshare", ...own, "sh", "-ec", script.join("\n"), "sh"];
};

/** A user who is root in the container alone, as of Podman without root. */
const rootless: Container = (withLeases) => [
  ...words("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
  ...bubble(withLeases),
  ...words("--unshare-user", "--uid", "0", "--gid", "0"),
];

/**
 * Podman with this machine's root below a layer of its own. It wants cgroups of one version alone
 * and limits that it may set.
 */
const podman: Container = (withLeases) => {
  const script = [
    "umount --lazy /sys/fs/cgroup",
    "mount -t cgroup2 cgroup /sys/fs/cgroup",
    'exec "$@"',
  ];
  return [
    ...words("unshare", "--mount", "sh", "-ec", script.join("\n"), "sh"),
    ...words("podman", "run", "--rm", "--interactive", "--network=none", "--cgroups=disabled"),
    ...words("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"),
    `--volume=${join(machine.folder, "sys")}:/sys:ro`,
    ...(withLeases ? [`--volume=${leases}:${inside}`] : []),
    ...words("--rootfs", "/:O"),
  ];
};

const works = (container: Container): boolean => {
  if (!isRoot) return false;
  const [first = "", ...rest] = container(false);
  return spawnSync(first, [...rest, "true"]).status === 0;
};

interface Started {
  readonly child: ChildProcess;
  /** Its CPUs, and the policy of its memory, by the kernel's word. */
  readonly core: string;
  readonly memory: string;
  /** What it has said on standard error so far: that arrives apart from its core. */
  readonly said: () => string;
}

/** Starts a command with a core of its own that says which, and runs until its input ends. */
async function start(container: Container, withLeases: boolean): Promise<Started> {
  const tell = [
    'echo "$(sed -n "s/^Cpus_allowed_list:\\t//p" /proc/$$/status)',
    '$(grep -o -m 1 "bind:.*" /proc/$$/numa_maps | cut -d " " -f 1)"; read end',
  ].join(" ");
  const flags = ["--mode", "exclusive", "--gpu", "0", "--", "sh", "-c", tell];
  const [first = "", ...rest] = [...container(withLeases), ...execWords, ...flags];
  const child = spawn(first, rest, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [chunk] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  const [core = "", memory = ""] = String(chunk).trim().split(" ");
  return { child, core, memory, said: () => said };
}

/** Ends it, and tells all that it said. */
async function end({ child, said }: Started): Promise<string> {
  const closed = once(child, "close");
  child.stdin?.end();
  await closed;
  return said();
}

describe.each([
  ["bubblewrap", bubble],
  ["bubblewrap without root", rootless],
  ["unshare", unshared],
  ["Podman", podman],
])("in containers of %s", (_, container) => {
  const tests = test.skipIf(!works(container));

  tests("with the machine's folder two commands get different cores", async () => {
    const both = await Promise.all([1, 2].map(() => start(container, true)));
    expect(both.map(({ core }) => core).toSorted()).toEqual(["0", "1"]);
    for (const { memory } of both) expect(memory).toBe("bind:0");
    for (const said of await Promise.all(both.map(end))) {
      expect(said).not.toContain("not as asked");
    }
  });

  tests("without it they are told that others may take their cores", async () => {
    const both = await Promise.all([1, 2].map(() => start(container, false)));
    // Each takes the first GPU's share: nothing tells it of the other.
    expect(both.map(({ core }) => core)).toEqual(["0", "0"]);
    for (const said of await Promise.all(both.map(end))) {
      expect(said).toMatch(/not as asked: .*\/run\/evenkeel\/leases/);
    }
  });

  tests("without it --require does not start the command", () => {
    const flags = ["--mode", "exclusive", "--gpu", "0", "--require", "--", "echo", "ran"];
    const [first = "", ...rest] = [...container(false), ...execWords, ...flags];
    const { status, stdout } = spawnSync(first, rest, { encoding: "utf8" });
    expect([status, stdout]).toEqual([125, ""]);
  });
});
