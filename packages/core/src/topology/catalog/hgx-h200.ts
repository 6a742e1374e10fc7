import {
  type CatalogMachine,
  eightModulePartitions,
  hugepagesAreConfiguration,
} from "./catalog-machine.ts";

export const hgxH200: CatalogMachine = {
  name: "hgx-h200",
  title: "HGX H200 as in DGX H200: two Xeon Platinum 8480C, eight H200 SXM5",
  synthetic: `
    package:2 core:56 thread:2 memory:1Ti hugepages:768x1Gi distances:10/21
    root(bus:15,3d,4c,5b)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:h200-sxm]]]@0
    root(bus:97,bd,cb,d9)*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[gpu:h200-sxm]]]@1
    modules:5,7,6,8,1,3,2,4 nvlink:18
    vendor:NVIDIA product:"DGX H200" cpu:"Intel(R) Xeon(R) Platinum 8480C"`,
  sources: [
    {
      title: "MLPerf Inference v4.1 system H200-SXM-141GBx8_TRT",
      where:
        "mlcommons/inference_results_v4.1, closed/NVIDIA/systems/H200-SXM-141GBx8_TRT_MaxQ.json",
      facts:
        "two Xeon Platinum 8480C of 56 cores, 2 TB in 32 modules, ten ConnectX-7 at 400 Gb/s, eighteen NVLinks a GPU",
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
    {
      title: "GPU BARs of real hosts",
      where: "public test fixtures of a confidential-VM launcher, taken from lspci -vvv",
      facts: "10de:2335 with BARs of 16 MiB, 256 GiB and 32 MiB",
    },
  ],
  partitions: eightModulePartitions,
  notes: [
    hugepagesAreConfiguration,
    "The switch tree was recorded on a DGX B200; it is assumed to be that of DGX H100 and H200 too, whose GPUs have the same addresses.",
    "The storage and management NICs are left out.",
    "Partitions and module numbers are assumed to be those of HGX H100, whose baseboard and NVSwitch generation it shares.",
  ],
};
