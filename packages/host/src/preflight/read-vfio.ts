import { runProgram } from "../hypervisor/program.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Whether vfio-pci is loaded, built in, or available as a module; null on a recorded machine
 * without it.
 */
export async function vfioLoadable(tree: Tree): Promise<boolean | null> {
  if (tree.realPath("/sys/bus/pci/drivers/vfio-pci") !== null) return true;
  if (!tree.live) return null;
  const args = ["--dry-run", "--quiet", "vfio-pci"];
  return (await runProgram("modprobe", args, { timeoutMs: 10_000 })).status === 0;
}
