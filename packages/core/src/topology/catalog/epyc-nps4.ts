import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const epycNps4: CatalogMachine = {
  name: "epyc-nps4",
  title: "Two EPYC 9654 as eight nodes (NPS4), four H100 PCIe",
  synthetic: `
    package:2 node:4 l3:3 core:8 thread:2 memory:192Gi hugepages:160x1Gi distances:10/12/32
    root[gpu:h100-pcie]@0,2,4,6 root[nic:cx7]@0,4
    cpu:"AMD EPYC 9654 96-Core Processor"`,
  sources: [],
  partitions: null,
  notes: [hugepagesAreConfiguration],
};
