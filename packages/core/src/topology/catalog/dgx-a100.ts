import {
  type CatalogMachine,
  eightModulePartitions,
  hugepagesAreConfiguration,
} from "./catalog-machine.ts";

export const dgxA100: CatalogMachine = {
  name: "dgx-a100",
  title: "NVIDIA DGX A100: two EPYC 7742 as eight nodes, eight A100 SXM4 80GB",
  synthetic: `
    package:2 node:4 l3:4 core:4 thread:2 memory:256Gi hugepages:216x1Gi distances:10/12/32
    root[switch:pex880xx[switch:pex880xx[gpu:a100-sxm*2] switch:pex880xx[nic:cx6*2]]]@1,3,5,7
    nvlink:12
    vendor:NVIDIA product:"DGX A100" cpu:"AMD EPYC 7742 64-Core Processor"`,
  sources: [],
  partitions: eightModulePartitions,
  notes: [hugepagesAreConfiguration],
};
