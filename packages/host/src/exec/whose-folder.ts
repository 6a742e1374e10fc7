import { readlinkSync, statSync } from "node:fs";
import { isSameFile } from "../file/same-file.ts";
import { liveTree } from "../tree/directory-tree.ts";

/**
 * Whether a folder is the one that the whole machine uses, or one of a container alone. A container
 * with a /run of its own, in which its root has made the folder, sees no lease of anybody outside.
 *
 * The process 1 of the machine tells, where it is seen: what is at the path there, or, where only
 * root may look, its mounts. Within a container only its own mounts can: one that was made for this
 * folder, or for one above it, is of something outside.
 *
 * @returns why other commands may not see what is in it; null where they do, or where this process
 *   is in no container.
 */
export function whoseFolder(folder: string): string | null {
  const isFirst = readNamespace("pid") === firstPids;
  const outside = isFirst ? (sameAsFirst(folder) ?? mountedAsFirst(folder)) : null;
  if (outside === true) return null;
  if (outside === false) {
    return `${folder} is not the one that the machine uses: mount that one here`;
  }
  const isInside = !isFirst || readNamespace("user") !== firstUsers;
  if (!isInside || isMounted(mountsOf("self"), folder)) return null;
  return `${folder} may be of this container alone: mount the machine's there, that folder itself`;
}

/**
 * Whether an owner is somebody who has no number in this container, as the machine's root has none
 * in a container that a user made: the kernel shows one number for all of these.
 * https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 */
export function isUnmapped(uid: number): boolean {
  if (readNamespace("user") === firstUsers) return false;
  const shown = (liveTree().readText("/proc/sys/kernel/overflowuid") ?? "").trim();
  return shown !== "" && Number(shown) === uid;
}

/** The kernel's own numbers of the first namespaces (include/linux/proc_ns.h). */
const firstPids = "pid:[4026531836]";
const firstUsers = "user:[4026531837]";

function readNamespace(name: "pid" | "user"): string | null {
  try {
    return readlinkSync(`/proc/self/ns/${name}`);
  } catch {
    return null;
  }
}

/** Whether process 1 has the same folder at this path; null where it may not be asked. */
function sameAsFirst(folder: string): boolean | null {
  try {
    const there = statSync(`/proc/1/root${folder}`, { throwIfNoEntry: false });
    const here = statSync(folder);
    return there !== undefined && isSameFile(there, here);
  } catch {
    return null;
  }
}

const mountsOf = (pid: string): string => liveTree().readText(`/proc/${pid}/mountinfo`) ?? "";

/** Whether process 1 has the same folder at this path by its mounts; null where nothing tells. */
function mountedAsFirst(folder: string): boolean | null {
  return isSamePlace(mountsOf("self"), mountsOf("1"), folder);
}

/**
 * Whether a path is one place by the mounts of two processes: the same part of the same file
 * system. Null where those of the other do not tell. Where a root is no mount, as after chroot(2),
 * it is none of the other's.
 */
export function isSamePlace(own: string, other: string, path: string): boolean | null {
  const there = nearestMount(other, path);
  if (there === null) return null;
  const here = nearestMount(own, path);
  const placeOn = ({ device, root, point }: Mount): string =>
    [device, ...root.split("/"), ...path.slice(point.length).split("/")].filter(Boolean).join("/");
  return here !== null && placeOn(here) === placeOn(there);
}

interface Mount {
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly point: string;
}

/** The nearest mount at or above a path; of several at one point the last, which hides them. */
function nearestMount(mountinfo: string, path: string): Mount | null {
  const mounts = mountinfo.split("\n").flatMap((line) => {
    const [, , device, root, point] = line.split(" ");
    if (device === undefined || root === undefined || point === undefined) return [];
    const isAbove = point === "/" || `${path}/`.startsWith(`${point}/`);
    return isAbove ? [{ device, root, point }] : [];
  });
  return mounts.toSorted((a, b) => a.point.length - b.point.length).at(-1) ?? null;
}

/**
 * Whether the nearest mount above a folder shows a part of a file system, as a folder of another
 * mount namespace does: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function isMounted(mountinfo: string, folder: string): boolean {
  const nearest = nearestMount(mountinfo, folder);
  return nearest !== null && nearest.point !== "/" && nearest.root !== "/";
}
