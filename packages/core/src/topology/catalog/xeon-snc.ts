import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const xeonSnc: CatalogMachine = {
  name: "xeon-snc",
  title: "Two Xeon Platinum 8480+ as eight nodes (SNC4), hyper-threading off, four L40S",
  synthetic: `
    package:2 l3:1 node:4 core:14 memory:128Gi hugepages:80x1Gi distances:10/12/21
    root[gpu:l40s]@0,2,4,6 root[nic:cx7]@0,4
    cpu:"Intel(R) Xeon(R) Platinum 8480+"`,
  sources: [
    {
      title: "numactl -H and lscpu of CINECA's Leonardo, data-centric partition",
      where: "public recordings of its users",
      facts: "eight nodes of 14 cores, one thread per core, distances 10, 12 and 21",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "A composed machine: Leonardo's nodes have 512 GiB and no GPUs; 1 TiB, the four GPUs and their places are assumed.",
    "Linux reports one L3 cache for the socket under sub-NUMA clustering, so a cache holds four nodes.",
  ],
};
