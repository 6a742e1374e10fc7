import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const xeonSnc: CatalogMachine = {
  name: "xeon-snc",
  title: "Two Xeon Platinum 8592+ as four nodes (SNC2), four L40S",
  synthetic: `
    package:2 l3:1 node:2 core:32 thread:2 memory:256Gi hugepages:216x1Gi distances:10/12/21
    root[gpu:l40s] root[nic:cx7]@0,2
    cpu:"INTEL(R) XEON(R) PLATINUM 8592+"`,
  sources: [],
  partitions: null,
  notes: [hugepagesAreConfiguration],
};
