import {
  type CatalogMachine,
  eightModulePartitions,
  hugepagesAreConfiguration,
} from "./catalog-machine.ts";

export const dgxH100: CatalogMachine = {
  name: "dgx-h100",
  title:
    "NVIDIA DGX H100: two Xeon Platinum 8480C, eight H100 SXM5 behind the switches of their ConnectX-7",
  synthetic: `
    package:2 core:56 thread:2 memory:1Ti hugepages:768x1Gi distances:10/21
    root(bus:15,3d,4c,5b)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:h100-sxm]]]@0
    root(bus:97,bd,cb,d9)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:h100-sxm]]]@1
    modules:5,7,6,8,1,3,2,4 nvlink:18
    vendor:NVIDIA product:"DGX H100" cpu:"Intel(R) Xeon(R) Platinum 8480C"`,
  sources: [
    {
      title: "DGX H100 data sheet",
      where: "https://resources.nvidia.com/en-us-dgx-systems/ai-enterprise-dgx",
      facts:
        "two Xeon Platinum 8480C of 56 cores, 2 TB of memory, eight ConnectX-7 for the compute fabric",
    },
    {
      title: "nvidia-smi of a DGX H100",
      where: "public report of a Talos Linux cluster, April 2026",
      facts:
        "GPUs at 1b, 43, 52, 61, 9d, c3, d1 and df, NV18 between all, PXB to one NIC each, nodes of 0-55,112-167 and 56-111,168-223",
    },
    {
      title: "NVIDIA gpu-admin-tools",
      where: "NVIDIA/gpu-admin-tools, pci/cx7.py",
      facts:
        "the path from each host bridge through the switches in the ConnectX-7 to the NIC and to the GPU, with every address",
    },
    {
      title: "GPU module numbers and partitions of HGX H100",
      where:
        "kubeswift-io/kubeswift, test/gpu/fake-hgx-h100-status.json, after NVIDIA's shared NVSwitch integration guide (WP-12736)",
      facts: "the fifteen partitions, and which module each GPU is",
    },
  ],
  partitions: eightModulePartitions,
  notes: [
    hugepagesAreConfiguration,
    "The switch tree was recorded on a DGX B200; the GPUs of a DGX H100 have the same addresses.",
    "The storage and management NICs are left out.",
    "The module numbers are those of NVIDIA's reference board; read them from nvidia-smi -q on a real host.",
  ],
};
