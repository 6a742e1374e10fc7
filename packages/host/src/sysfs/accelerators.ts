import {
  acceleratorPatterns,
  matchingAccelerators,
} from "@evenkeel/core/topology/device-pattern.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Accelerator, PciDevice } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { pciDirectory } from "./pci.ts";
import { readVirtualGpus } from "./vgpu.ts";
import { fields, readIndex } from "./values.ts";

/**
 * The machine's accelerators, as far as the kernel and its drivers tell: the model by PCI id, or by
 * NVIDIA's driver where the id is not known; the UUID by NVIDIA's driver; the memory by AMD's.
 * A GPU that is bound to vfio-pci has neither driver, and still its model. A virtual function is of
 * its GPU's model, whatever ids it has, and of the vGPU type that is set on it.
 */
export function readAccelerators(tree: Tree, pci: readonly PciDevice[]): Accelerator[] {
  const told = readNvidiaDriver(tree);
  const functions = matchingAccelerators(pci, acceleratorPatterns);
  const byAddress = new Map(functions.map((each) => [each.address, each]));
  const { partOf, instancesOf } = readVirtualGpus(tree, functions);
  const modelOf = ({ address, vendor, device }: PciDevice): string | null =>
    acceleratorModel(vendor, device) ?? told.get(address)?.model ?? null;
  return functions.map((each) => {
    const { address, physicalFunction } = each;
    const whole = byAddress.get(physicalFunction ?? "");
    const part = partOf.get(address);
    const memory = readIndex(tree, `${pciDirectory}/${address}/mem_info_vram_total`);
    return {
      address,
      model: modelOf(each) ?? (whole === undefined ? null : modelOf(whole)),
      uuid: told.get(address)?.uuid ?? null,
      moduleId: null,
      memoryBytes: memory ?? part?.memoryBytes ?? null,
      profile: part?.profile ?? null,
      migEnabled: null,
      instances: instancesOf.get(address) ?? [],
    };
  });
}

interface NvidiaGpu {
  readonly model: string | null;
  readonly uuid: string | null;
}

/** `/proc/driver/nvidia/gpus/0000:1b:00.0/information`, by address. */
function readNvidiaDriver(tree: Tree): ReadonlyMap<string, NvidiaGpu> {
  const gpus = new Map<string, NvidiaGpu>();
  for (const name of tree.list("/proc/driver/nvidia/gpus")) {
    const address = normalPciAddress(name);
    const text = tree.readText(`/proc/driver/nvidia/gpus/${name}/information`);
    if (address === null || text === null) continue;
    const told = new Map(fields(text));
    const model = told.get("Model") ?? "";
    const uuid = told.get("GPU UUID") ?? "";
    gpus.set(address, {
      model: model === "" || model === "Unknown" ? null : model.replace(/^NVIDIA /, ""),
      // The driver says GPU-????????-… before the GPU has been used for the first time.
      uuid: /^GPU-[0-9a-f-]{36}$/.test(uuid) ? uuid : null,
    });
  }
  return gpus;
}
