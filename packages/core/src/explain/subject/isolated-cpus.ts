import { emptySet, type IndexSet } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";

/** What isolation may be of; `domain`, the scheduler's balancing, is meant where none is named. */
const flags: ReadonlySet<string> = new Set(["nohz", "domain", "managed_irq", "io_queue"]);

/**
 * The CPUs among which the scheduler moves nothing by itself, by the option `isolcpus`. A list that
 * is none leaves none.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html
 */
export function isolatedCpus(bootOptions: readonly string[]): IndexSet {
  const option = bootOptions.findLast((one) => one.startsWith("isolcpus="));
  if (option === undefined) return emptySet;
  const words = option.slice("isolcpus=".length).split(",");
  const named = words.filter((word) => flags.has(word));
  if (named.length > 0 && !named.includes("domain")) return emptySet;
  return setOf(words.filter((word) => !flags.has(word)).join(","));
}
