import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const epycNps4: CatalogMachine = {
  name: "epyc-nps4",
  title: "Two EPYC 7763 as eight nodes (NPS4), four A100 PCIe in NVLink pairs",
  synthetic: `
    package:2 node:4 l3:2 core:8 thread:2 memory:128Gi hugepages:80x1Gi distances:10/12/32
    root[gpu:a100-pcie]@0,2,4,6 root[nic:cx6]@0,4
    nvlink:12(among:0,1;2,3)
    cpu:"AMD EPYC 7763 64-Core Processor"`,
  sources: [
    {
      title: "numactl -H of dual EPYC machines with NPS4",
      where: "LUMI user documentation and other public recordings",
      facts: "eight nodes of 0-15,128-143 and so on, distances 10, 12 and 32",
    },
    {
      title: "EPYC 7763",
      where: "AMD's product page",
      facts: "256 MiB of L3 in eight caches of eight cores each",
    },
    {
      title: "NCCL topology of Azure NC A100 v4",
      where: "Azure/azhpc-images, topology/ncv4-topo.xml",
      facts: "four A100 PCIe (10de:20b5) on four nodes, bridged in pairs by twelve NVLinks",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "A composed machine: the nodes of the GPUs and NICs are assumed.",
    "1 TiB of memory is assumed.",
  ],
};
