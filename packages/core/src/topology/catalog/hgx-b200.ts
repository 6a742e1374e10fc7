import {
  type CatalogMachine,
  hugepagesAreConfiguration,
  pairedModulePartitions,
} from "./catalog-machine.ts";

export const hgxB200: CatalogMachine = {
  name: "hgx-b200",
  title: "HGX B200 as in DGX B200: two Xeon Platinum 8570, eight B200 SXM6",
  synthetic: `
    package:2 core:56 thread:2 memory:1Ti hugepages:768x1Gi distances:10/21
    root(bus:15,3d,4c,5b)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:b200-sxm]]]@0
    root(bus:97,bd,cb,d9)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:b200-sxm]]]@1
    nvlink:18
    vendor:NVIDIA product:"DGX B200" cpu:"INTEL(R) XEON(R) PLATINUM 8570"`,
  sources: [
    {
      title: "DGX B200 data sheet",
      where: "https://resources.nvidia.com/en-us-dgx-systems/dgx-b200-datasheet",
      facts:
        "two Xeon Platinum 8570, 112 cores in all, 2 TB of memory, eight ConnectX-7 for the compute fabric",
    },
    {
      title: "NVIDIA gpu-admin-tools",
      where: "NVIDIA/gpu-admin-tools, pci/cx7.py",
      facts:
        "the path from each host bridge through the switches in the ConnectX-7 to the NIC and to the GPU, with every address",
    },
    {
      title: "nvidia-smi of DGX B200 systems",
      where: "public logs",
      facts: "GPUs at 1b to df as in the switch tree, 183359 MiB each",
    },
    {
      title: "Virtualizing NVIDIA HGX B200 GPUs with open source",
      where: "Ubicloud's blog, 2025",
      facts:
        "BARs of 64 MiB, 256 GiB and 32 MiB, and the fifteen partitions: pairs 1-2, 3-4, 5-6 and 7-8, numbered from 1",
    },
  ],
  partitions: pairedModulePartitions,
  notes: [
    hugepagesAreConfiguration,
    "The storage and management NICs are left out, as is the ConnectX-7 bridge through which Fabric Manager reaches the NVSwitches.",
    "Which module number each GPU has is not published, so the module numbers are unknown and the partitions cannot be resolved to addresses.",
  ],
};
