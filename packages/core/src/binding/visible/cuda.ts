import type { Accelerator } from "../../topology/topology.ts";
import { allKnown } from "../../unit/list.ts";
import { cudaRules, type Named, namedIn, type Numbered } from "./entries.ts";
import { chosen, unclearly, type VisibleAccelerators } from "./seen.ts";
import type { Variables } from "./variables.ts";

/**
 * NVIDIA's GPUs as CUDA counts them: `NVIDIA_VISIBLE_DEVICES` if need be, then CUDA's order, then
 * `CUDA_VISIBLE_DEVICES`.
 *
 * `NVIDIA_VISIBLE_DEVICES` is the request that a container's runtime answered; no library reads it,
 * so it counts only where nobody knows what can be opened.
 *
 * @param all those that can be opened, by ascending address.
 * @param isOpenableKnown whether that is known.
 * @param idOf the number of a device's kind on the PCI bus; null where nobody told.
 */
export function cudaDevices(
  all: readonly Accelerator[],
  isOpenableKnown: boolean,
  idOf: (accelerator: Accelerator) => string | null,
  variables: Variables,
): VisibleAccelerators {
  const asked = isOpenableKnown ? null : givenByRuntime(all, variables["NVIDIA_VISIBLE_DEVICES"]);
  if (asked?.kind === "unclear") return unclearly(all, asked, ["NVIDIA_VISIBLE_DEVICES"]);
  const given =
    asked?.kind === "these" ? all.filter(({ address }) => asked.addresses.includes(address)) : all;
  const byRuntime = asked?.kind === "these" ? ["NVIDIA_VISIBLE_DEVICES"] : [];
  const numbered = { accelerators: given, unordered: cudaOrder(given, idOf, variables) };
  return chosen(numbered, byRuntime, "CUDA_VISIBLE_DEVICES", variables, cudaRules);
}

/**
 * The runtime of NVIDIA's containers numbers GPUs as nvidia-smi does, by ascending address, and
 * parts of them as `0:1`. https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/
 * docker-specialized.html
 */
function givenByRuntime(all: readonly Accelerator[], text: string | undefined): Named | null {
  const words = text?.trim();
  if (words === undefined || words === "all") return null;
  if (["", "void", "none"].includes(words)) return { kind: "these", addresses: [] };
  const gpus = new Set(words.split(",").map((word) => word.trim().replace(/:\d+$/, "")));
  return namedIn("NVIDIA_VISIBLE_DEVICES", [...gpus].join(","), {
    accelerators: all,
    unordered: null,
  });
}

/**
 * CUDA numbers the fastest first, unless it is told to go by address. Where all are of one model,
 * by their names or their numbers on the PCI bus, the two are the same order; where they are not,
 * nobody but CUDA knows which is the fastest.
 */
function cudaOrder(
  all: readonly Accelerator[],
  idOf: (accelerator: Accelerator) => string | null,
  variables: Variables,
): Numbered["unordered"] {
  const order = variables["CUDA_DEVICE_ORDER"]?.trim().toUpperCase();
  if (all.length < 2 || order === "PCI_BUS_ID") return null;
  const tells = "CUDA_DEVICE_ORDER=PCI_BUS_ID";
  const isMig = all.some(({ migEnabled }) => migEnabled === true);
  if (isMig) return { why: "CUDA numbers GPUs in MIG mode in an order of its own", tells };
  const names = allKnown(all.map(({ productName, model }) => productName ?? model));
  const models = names ?? allKnown(all.map(idOf));
  if (models === null) return { why: "the models of the GPUs are unknown", tells };
  if (new Set(models).size === 1) return null;
  return { why: `CUDA numbers the fastest GPU first, and these are unequal`, tells };
}
