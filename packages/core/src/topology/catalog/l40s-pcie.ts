import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const l40sPcie: CatalogMachine = {
  name: "l40s-pcie",
  title: "A dual-socket server with eight L40S on PCIe and no NVLink",
  synthetic: `
    package:2 core:32 thread:2 memory:512Gi hugepages:432x1Gi distances:10/21
    root*2[switch:pex880xx[gpu:l40s*2 nic:cx7]]
    cpu:"Intel(R) Xeon(R) Platinum 8462Y+"`,
  sources: [],
  partitions: null,
  notes: [hugepagesAreConfiguration],
};
