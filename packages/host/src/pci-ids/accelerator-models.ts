import { deviceModels } from "@evenkeel/core/topology/device-models.ts";

/**
 * The names of further data center accelerators by PCI vendor and device, from the public PCI ID
 * database (https://pci-ids.ucw.cz/), without the chip's code name. Models that machine
 * descriptions can use are in the core.
 */
const furtherModels: ReadonlyMap<string, string> = new Map([
  // NVIDIA Pascal, Volta, Turing
  ["10de:15f7", "Tesla P100 PCIe 12GB"],
  ["10de:15f8", "Tesla P100 PCIe 16GB"],
  ["10de:15f9", "Tesla P100 SXM2 16GB"],
  ["10de:1db1", "V100 SXM2 16GB"],
  ["10de:1db3", "V100 FHHL 16GB"],
  ["10de:1db4", "V100 PCIe 16GB"],
  ["10de:1db6", "V100 PCIe 32GB"],
  ["10de:1db8", "V100 SXM3 32GB"],
  ["10de:1df5", "V100 SXM2 16GB"],
  ["10de:1df6", "V100S PCIe 32GB"],
  ["10de:1eb8", "T4"],
  // NVIDIA Ampere
  ["10de:20b1", "A100 PCIe 40GB"],
  ["10de:20b3", "A100 SXM 64GB"],
  ["10de:20b7", "A30 PCIe"],
  ["10de:20b8", "A100X"],
  ["10de:20b9", "A30X"],
  ["10de:20bd", "A800 SXM4 40GB"],
  ["10de:20f1", "A100 PCIe 40GB"],
  ["10de:20f3", "A800 SXM4 80GB"],
  ["10de:20f5", "A800 PCIe 80GB"],
  ["10de:20f6", "A800 PCIe 40GB"],
  ["10de:2235", "A40"],
  ["10de:2236", "A10"],
  ["10de:2237", "A10G"],
  ["10de:2238", "A10M"],
  ["10de:25b6", "A2 / A16"],
  // NVIDIA Hopper
  ["10de:2313", "H100 CNX"],
  ["10de:2321", "H100L 94GB"],
  ["10de:2322", "H800 PCIe"],
  ["10de:2324", "H800"],
  ["10de:2328", "H20B"],
  ["10de:2329", "H20"],
  ["10de:232c", "H20 HBM3e"],
  ["10de:2336", "H100"],
  ["10de:2337", "H100 SXM5 64GB"],
  ["10de:2338", "H100 SXM5 96GB"],
  ["10de:2339", "H100 SXM5 94GB"],
  ["10de:233a", "H800L 94GB"],
  ["10de:233b", "H200 NVL"],
  ["10de:233d", "H100 96GB"],
  ["10de:2342", "GH200 120GB / 480GB"],
  ["10de:2348", "GH200 144G HBM3e"],
  // NVIDIA Ada Lovelace
  ["10de:26b5", "L40"],
  ["10de:26b7", "L20"],
  ["10de:26b8", "L40G"],
  ["10de:26ba", "L20"],
  ["10de:26f5", "L40 CNX"],
  ["10de:27b6", "L2"],
  // NVIDIA Blackwell
  ["10de:2909", "HGX B200 168GB"],
  ["10de:29bc", "B100"],
  ["10de:2bb5", "RTX PRO 6000 Blackwell Server Edition"],
  ["10de:2e12", "GB10"],
  ["10de:31c2", "GB300"],
  ["10de:31c3", "GB300"],
  // AMD Instinct
  ["1002:738c", "Instinct MI100"],
  ["1002:738e", "Instinct MI100"],
  ["1002:7408", "Instinct MI250X"],
  ["1002:740c", "Instinct MI250X / MI250"],
  ["1002:740f", "Instinct MI210"],
  ["1002:74a0", "Instinct MI300A"],
  ["1002:74a2", "Instinct MI308X"],
  ["1002:74a5", "Instinct MI325X"],
  ["1002:75a0", "Instinct MI350X"],
  ["1002:75a3", "Instinct MI355X"],
  // Intel Data Center GPUs and Gaudi
  ["8086:56c0", "Data Center GPU Flex 170"],
  ["8086:56c1", "Data Center GPU Flex 140"],
  ["8086:0bd5", "Data Center GPU Max 1550"],
  ["8086:0bda", "Data Center GPU Max 1100"],
  ["1da3:1000", "Gaudi"],
  ["1da3:1010", "Gaudi"],
  ["1da3:1020", "Gaudi2"],
  ["1da3:1060", "Gaudi3"],
]);

const describedModels: ReadonlyMap<string, string> = new Map(
  deviceModels
    .filter(({ kind }) => kind === "gpu")
    .map(({ vendor, device, name }) => [`${vendor}:${device}`, name]),
);

/**
 * The name of a data center accelerator, the same for a machine of the catalog and for one that was
 * read. Null for any other device; its driver may know a name.
 */
export function acceleratorModel(vendor: string | null, device: string | null): string | null {
  const id = `${vendor}:${device}`;
  return describedModels.get(id) ?? furtherModels.get(id) ?? null;
}
