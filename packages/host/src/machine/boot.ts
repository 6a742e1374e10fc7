import { readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

/** Takes the number of a machine's boot (`readBoot`). */
export type Booted = (boot: string | null) => void;

/**
 * The random number that a kernel takes when it boots: two readings of it that are equal are of one
 * machine. Null where it is not told. (Documentation/admin-guide/sysctl/kernel.rst)
 */
export function readBoot(tree: Tree): string | null {
  return readLine(tree, "/proc/sys/kernel/random/boot_id");
}
