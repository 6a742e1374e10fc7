import type { Accelerator } from "../../topology/topology.ts";
import { allKnown, at } from "../../unit/list.ts";
import { hipRules, type Numbered } from "./entries.ts";
import { allOf, unclearly, type VisibleAccelerators } from "./seen.ts";
import type { Variables } from "./variables.ts";

/**
 * Gaudis as their software gives them to ranks: by the number of their module, which
 * `HABANA_VISIBLE_MODULES` lists. `HLS_MODULE_ID` gives a process the one that it names.
 * https://docs.habana.ai/en/latest/PyTorch/PyTorch_Scaling_Guide/Gaudi_Assignment.html
 *
 * @param all those that can be opened, by ascending address.
 */
export function gaudiDevices(
  all: readonly Accelerator[],
  variables: Variables,
): VisibleAccelerators {
  const variable = lists.find((name) => variables[name] !== undefined);
  const numbered = byModule(all);
  if (variable === undefined || variables[variable]?.trim() === "all") return allOf(numbered, []);
  const { unordered } = numbered;
  if (unordered !== null && all.length > 1) return unclearly(all, unordered, [variable]);
  const modules = (variables[variable] ?? "")
    .split(",")
    .map((word) => hipRules.number(word.trim()));
  const found = modules.map((module) => all.find(({ moduleId }) => moduleId === module));
  const missing = found.indexOf(undefined);
  if (missing >= 0) {
    const why = `${variable} names a module that is not here`;
    return unclearly(all, { why, tells: "hl-smi -Q index,module_id -f csv" }, [variable]);
  }
  const addresses = found.flatMap((one) => one?.address ?? []);
  return { addresses: [...new Set(addresses)], unclear: null, chosenBy: [variable] };
}

const lists = ["HLS_MODULE_ID", "HABANA_VISIBLE_MODULES"] as const;

function byModule(all: readonly Accelerator[]): Numbered {
  const modules = allKnown(all.map(({ moduleId }) => moduleId));
  if (modules === null) {
    const why = "the modules of the Gaudis are unknown, by which ranks get theirs";
    return { accelerators: all, unordered: { why, tells: "hl-smi -Q index,module_id -f csv" } };
  }
  const numbered = all.map((accelerator, i) => ({ accelerator, module: at(modules, i) }));
  const sorted = numbered.toSorted((a, b) => a.module - b.module);
  return { accelerators: sorted.map(({ accelerator }) => accelerator), unordered: null };
}
