import { unknownParts } from "@evenkeel/core/topology/unknown-settings.ts";
import {
  acceleratorPatterns,
  matchingAccelerators,
} from "@evenkeel/core/topology/device-pattern.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Accelerator, PciDevice } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { installedName } from "../pci-ids/installed-names.ts";
import { pciDirectory } from "./pci.ts";
import { readVirtualGpus } from "./vgpu.ts";
import { fields, readIndex } from "./values.ts";

/**
 * The machine's accelerators, from the kernel and its drivers: the model from the PCI id, where the
 * id is unknown from NVIDIA's driver, or from the PCI ID database that is installed; the UUID from
 * NVIDIA's driver; the memory from AMD's. A GPU bound to vfio-pci has neither driver, but its model
 * is known. A virtual function has its GPU's model, whatever its own ids, and the vGPU type that is
 * set on it.
 */
export function readAccelerators(tree: Tree, pci: readonly PciDevice[]): Accelerator[] {
  const driverFacts = readNvidiaDriver(tree);
  const functions = matchingAccelerators(pci, acceleratorPatterns);
  const byAddress = new Map(functions.map((each) => [each.address, each]));
  const { typeOf, instancesOf } = readVirtualGpus(tree, functions);
  const modelOf = ({ address, vendor, device }: PciDevice): string | null =>
    acceleratorModel(vendor, device) ??
    driverFacts.get(address)?.model ??
    installedName(tree, `${vendor}:${device}`);
  return functions.map((each) => {
    const { address, physicalFunction } = each;
    const whole = byAddress.get(physicalFunction ?? "");
    const vgpu = typeOf.get(address);
    const memory = readIndex(tree, `${pciDirectory}/${address}/mem_info_vram_total`);
    return {
      address,
      model: modelOf(each) ?? (whole === undefined ? null : modelOf(whole)),
      uuid: driverFacts.get(address)?.uuid ?? null,
      moduleId: null,
      memoryBytes: memory ?? vgpu?.memoryBytes ?? null,
      ...unknownParts,
      profile: vgpu?.profile ?? null,
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
    const driverFacts = new Map(fields(text));
    const model = driverFacts.get("Model") ?? "";
    const uuid = driverFacts.get("GPU UUID") ?? "";
    gpus.set(address, {
      model: model === "" || model === "Unknown" ? null : model.replace(/^NVIDIA /, ""),
      // The driver prints GPU-????????-… until the GPU is used for the first time.
      uuid: /^GPU-[0-9a-f-]{36}$/.test(uuid) ? uuid : null,
    });
  }
  return gpus;
}
