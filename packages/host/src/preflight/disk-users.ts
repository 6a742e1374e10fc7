import type { Tree } from "../tree/tree.ts";

/**
 * The uses of a function's disks: a mounted file system or swap on a disk or its partitions, or a
 * volume on top of it (`holders`: LVM, RAID, encryption).
 */
export function diskUsers(tree: Tree, path: string): readonly string[] {
  const real = tree.realPath(path);
  if (real === null) return [];
  const disks = tree.list("/sys/class/block").flatMap((name) => {
    const at = tree.realPath(`/sys/class/block/${name}`) ?? "";
    return at.startsWith(`${real}/`) ? [{ name, at }] : [];
  });
  const mounts = tree.readText("/proc/self/mounts") ?? tree.readText("/proc/mounts") ?? "";
  const swaps = tree.readText("/proc/swaps") ?? "";
  const starts = (text: string, device: string): string | undefined =>
    text.split("\n").find((line) => line.split(/\s/, 1)[0] === device);
  return disks.flatMap(({ name, at }) => {
    const mounted = starts(mounts, `/dev/${name}`)?.split(" ")[1];
    const holders = tree.list(`${at}/holders`);
    return [
      ...(mounted === undefined ? [] : [`/dev/${name} is mounted on ${mounted}`]),
      ...(starts(swaps, `/dev/${name}`) === undefined ? [] : [`/dev/${name} is used as swap`]),
      ...(holders.length === 0 ? [] : [`/dev/${name} is part of ${holders.join(", ")}`]),
    ];
  });
}
