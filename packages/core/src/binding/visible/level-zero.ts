import type { Accelerator } from "../../topology/topology.ts";
import type { Numbered } from "./entries.ts";
import { allOf, unclearly, type VisibleAccelerators } from "./seen.ts";
import type { Variables } from "./variables.ts";

/**
 * Intel's GPUs as Level Zero counts them. By default it numbers tiles, of which one GPU may have
 * several, and in an order of its own: only with `ZE_FLAT_DEVICE_HIERARCHY=COMPOSITE` and
 * `ZE_ENABLE_PCI_ID_DEVICE_ORDER=1` are its numbers GPUs by ascending address. `ZE_AFFINITY_MASK`
 * leaves some of them, whole ones or tiles (`0.1`), without changing their order.
 * https://oneapi-src.github.io/level-zero-spec/level-zero/latest/core/PROG.html
 *
 * @param all those that can be opened, by ascending address.
 */
export function levelZeroDevices(
  all: readonly Accelerator[],
  variables: Variables,
): VisibleAccelerators {
  const unordered = isByAddress(variables) ? null : ownOrder;
  const text = variables[mask]?.trim();
  if (text === undefined || text === "") return allOf({ accelerators: all, unordered }, []);
  if (unordered !== null && all.length > 1) return unclearly(all, unordered, [mask]);
  const words = text.split(",").map((word) => word.trim());
  if (!words.every((word) => /^\d+(\.\d+)*$/.test(word))) {
    const why = `${mask} has a word that is no number`;
    return unclearly(all, { why, tells: `${mask} with numbers` }, [mask]);
  }
  const numbers = new Set(words.map((word) => Number.parseInt(word, 10)));
  const left = all.filter((_, place) => numbers.has(place));
  return allOf({ accelerators: left, unordered: null }, [mask]);
}

const mask = "ZE_AFFINITY_MASK";
const hierarchy = "ZE_FLAT_DEVICE_HIERARCHY";
const byAddress = "ZE_ENABLE_PCI_ID_DEVICE_ORDER";

const ownOrder: Numbered["unordered"] = {
  why: "Level Zero numbers tiles of GPUs in an order of its own",
  tells: `${hierarchy}=COMPOSITE with ${byAddress}=1`,
};

function isByAddress(variables: Variables): boolean {
  const isWhole = variables[hierarchy]?.trim().toUpperCase() === "COMPOSITE";
  return isWhole && variables[byAddress]?.trim() === "1";
}
