import {
  type CatalogMachine,
  eightModulePartitions,
  hugepagesAreConfiguration,
} from "./catalog-machine.ts";

export const hgxH100: CatalogMachine = {
  name: "hgx-h100",
  title: "NVIDIA DGX H100: two Xeon Platinum 8480C, eight H100 SXM5 on an HGX baseboard",
  synthetic: `
    package:2 core:56 thread:2 memory:1Ti hugepages:900x1Gi distances:10/21
    root*4[switch:pex890xx[gpu:h100-sxm nic:cx7]]
    modules:5,7,6,8,1,3,2,4 nvlink:18
    vendor:NVIDIA product:"DGX H100" cpu:"Intel(R) Xeon(R) Platinum 8480C"`,
  sources: [],
  partitions: eightModulePartitions,
  notes: [hugepagesAreConfiguration],
};
