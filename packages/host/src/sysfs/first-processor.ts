import type { Tree } from "../tree/tree.ts";
import { fields } from "./values.ts";

/** What /proc/cpuinfo says of the first processor, which stands for all; null where it does not. */
export interface FirstProcessor {
  readonly model: string | null;
  /** `flags` on x86, `Features` on Arm: what it can do, in the kernel's words. */
  readonly flags: readonly string[] | null;
}

export function firstProcessor(tree: Tree): FirstProcessor {
  const [first = ""] = (tree.readText("/proc/cpuinfo") ?? "").split("\n\n", 1);
  const words = new Map(fields(first));
  const flags = words.get("flags") ?? words.get("Features") ?? null;
  return { model: words.get("model name") ?? null, flags: flags?.split(/\s+/) ?? null };
}
