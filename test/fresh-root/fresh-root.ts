import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { built } from "../../lab/prepare/cache.ts";
import { run } from "../../lab/prepare/run.ts";

/**
 * A fresh Debian or Ubuntu of this machine's release in a folder: what is essential, apt, and the
 * programs that a package's manual pages and completions are for. Programs in it have process ids
 * and mounts of their own, and share this machine's kernel.
 */

/** Beside what is essential and apt. */
const packages = ["bash-completion", "fish", "man-db", "zsh"];

/** The root as a tar, built once from this machine's own package sources. */
export function freshRootTar(): Promise<string> {
  const release = readFileSync("/etc/os-release", "utf8");
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1];
  if (suite === undefined) throw new Error("/etc/os-release names no release of Debian or Ubuntu");
  const sources = sourcesHere();
  return built("fresh-root.tar", [suite, sources, ...packages], async (target) => {
    const options = ["--mode=root", "--variant=minbase", `--include=${packages.join(",")}`];
    await run("mmdebstrap", [...options, "--format=tar", suite, target, sources]);
  });
}

/** The distribution's own sources, without those of others that this machine uses. */
function sourcesHere(): string {
  const places = ["sources.list.d/debian.sources", "sources.list.d/ubuntu.sources", "sources.list"];
  const found = places.map((place) => join("/etc/apt", place)).find((path) => existsSync(path));
  if (found === undefined) throw new Error("this machine has no package sources in /etc/apt");
  return found;
}

/** Where programs in the root find this checkout. */
export const checkoutFolder = "/mnt/checkout";

export async function unpack(tar: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await run("tar", ["-xpf", tar, "-C", folder]);
  mkdirSync(join(folder, checkoutFolder));
}

const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
  DEBIAN_FRONTEND: "noninteractive",
  PAGER: "cat",
};

/** Mounts what programs need, enters the root and runs a script of its shell. */
const enter = `
set -e
root=$1 checkout=$2 script=$3
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mkdir -p "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -sf pts/ptmx "$root/dev/ptmx"
if [ -n "$checkout" ]; then
  mount --bind "$checkout" "$root${checkoutFolder}"
  mount -o remount,bind,ro "$root${checkoutFolder}"
fi
exec chroot "$root" /bin/bash -c "cd /root && $script"
`;

/**
 * Runs a script of bash in the root.
 *
 * @param checkout a folder that it finds, to read, in `checkoutFolder`; null for none.
 */
export function within(
  folder: string,
  script: string,
  checkout: string | null = null,
): SpawnSyncReturns<string> {
  const words = ["--mount", "--pid", "--fork", "--kill-child", "--propagation=private"];
  return spawnSync("unshare", [...words, "sh", "-c", enter, "sh", folder, checkout ?? "", script], {
    encoding: "utf8",
    env: environment,
    timeout: 600_000,
    maxBuffer: 64 * 2 ** 20,
  });
}

/** What apt and dpkg note of every package that comes and goes. */
const notes =
  /^(var\/lib\/(dpkg|apt)|var\/log|var\/cache\/(apt|debconf|man|ldconfig)|etc\/ld\.so\.cache|tmp)(\/|$)/;

/** Every path, with what is there: a folder, what a link leads to, or the hash of a file. */
export type Contents = ReadonlyMap<string, string>;

/** Every file, folder and link of the root with its content, without what apt and dpkg note. */
export function contentsOf(folder: string): Contents {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).toSorted()) {
      const inner = path === "" ? name : `${path}/${name}`;
      if (/^(proc|sys|dev)$/.test(inner) || notes.test(inner)) continue;
      const place = join(folder, inner);
      const stats = lstatSync(place);
      if (stats.isDirectory()) {
        found.set(inner, "folder");
        visit(inner);
      } else if (stats.isSymbolicLink()) found.set(inner, `to ${readlinkSync(place)}`);
      else if (stats.isFile()) {
        found.set(inner, createHash("sha256").update(readFileSync(place)).digest("hex"));
      }
    }
  };
  visit("");
  return found;
}

/** What one has that the other has not, or has otherwise. */
export function differences(before: Contents, after: Contents): readonly string[] {
  return changedPaths(before, after).map((path) => {
    if (!after.has(path)) return `gone: ${path}`;
    return before.has(path) ? `changed: ${path}` : `left: ${path}`;
  });
}

const changedPaths = (before: Contents, after: Contents): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .toSorted();

/** What there would be in place of `before`, if the step between the other two had been taken. */
export function afterStep(before: Contents, earlier: Contents, later: Contents): Contents {
  const result = new Map(before);
  for (const path of changedPaths(earlier, later)) {
    const now = later.get(path);
    if (now === undefined) result.delete(path);
    else result.set(path, now);
  }
  return result;
}
