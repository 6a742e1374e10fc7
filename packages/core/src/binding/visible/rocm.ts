import type { Accelerator } from "../../topology/topology.ts";
import { allKnown, at } from "../../unit/list.ts";
import { hipRules, type Numbered, rocrRules } from "./entries.ts";
import { chosen, unclearly, type VisibleAccelerators } from "./seen.ts";
import type { Variables } from "./variables.ts";

/**
 * AMD's GPUs as HIP counts them: ROCm's order, of these what `ROCR_VISIBLE_DEVICES` leaves, and of
 * those what HIP's variable leaves. HIP reads CUDA's where its own is missing or empty, and an
 * empty one leaves all; an empty one of the runtime leaves none.
 *
 * `GPU_DEVICE_ORDINAL` counts for OpenCL; AMD's documents say for HIP too, and HIP's source that it
 * does not. Slurm sets it beside the others, where it tells nothing new; alone it leaves open which
 * GPUs a program sees. https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html
 *
 * @param all those that can be opened, by ascending address.
 */
export function rocmDevices(
  all: readonly Accelerator[],
  rocmOrder: readonly string[] | null,
  variables: Variables,
): VisibleAccelerators {
  const runtime = chosen(inOrder(all, rocmOrder), [], runtimeList, variables, rocrRules);
  if (runtime.unclear?.of === "members") return runtime;
  const left = runtime.addresses.flatMap((address) => all.filter((one) => one.address === address));
  const numbered = { accelerators: left, unordered: runtime.unclear };
  const variable = hipLists.find((name) => (variables[name] ?? "") !== "");
  if (variable !== undefined) {
    return chosen(numbered, runtime.chosenBy, variable, variables, hipRules);
  }
  const isAlone = variables[runtimeList] === undefined && (variables[ordinals] ?? "") !== "";
  if (!isAlone || all.length < 2) return runtime;
  const why = `${ordinals} counts for OpenCL, and it is not certain that it does for HIP`;
  return unclearly(all, { why, tells: `${runtimeList} in its place` }, [ordinals]);
}

const runtimeList = "ROCR_VISIBLE_DEVICES";
const hipLists = ["HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"] as const;
const ordinals = "GPU_DEVICE_ORDINAL";

function inOrder(all: readonly Accelerator[], order: readonly string[] | null): Numbered {
  const places = allKnown(all.map(({ address }) => placeIn(order ?? [], address)));
  if (places === null) {
    const why = "the order in which ROCm numbers GPUs is unknown";
    return { accelerators: all, unordered: { why, tells: "/sys/class/kfd" } };
  }
  const numbered = all.map((accelerator, i) => ({ accelerator, place: at(places, i) }));
  const sorted = numbered.toSorted((a, b) => a.place - b.place);
  return { accelerators: sorted.map(({ accelerator }) => accelerator), unordered: null };
}

function placeIn(order: readonly string[], address: string): number | null {
  const place = order.indexOf(address);
  return place < 0 ? null : place;
}
