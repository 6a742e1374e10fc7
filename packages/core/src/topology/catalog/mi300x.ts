import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const mi300x: CatalogMachine = {
  name: "mi300x",
  title: "Two EPYC 9374F and eight Instinct MI300X, linked all to all by XGMI",
  synthetic: `
    package:2 l3:8 core:4 thread:2 memory:768Gi hugepages:576x1Gi distances:10/32
    root*4[switch:cx7-switch[nic:cx7 switch:cx7-switch[switch:mi300-switch[gpu:mi300x]]]]
    xgmi:1
    cpu:"AMD EPYC 9374F 32-Core Processor"`,
  sources: [
    {
      title: "MLPerf Inference v4.1 system 8xMI300X_2xEPYC-9374F",
      where: "mlcommons/inference_results_v4.1, closed/AMD/systems/8xMI300X_2xEPYC-9374F.json",
      facts:
        "two EPYC 9374F of 32 cores, 1.5 TiB, eight MI300X in one partition each, PCIe 5 x16, XGMI between them",
    },
    {
      title: "RCCL model of an eight-GPU MI300X host",
      where: "ROCm/rccl, tools/topo_expl/models/topo_8p_940.xml",
      facts:
        "one ConnectX-7 per GPU, its switch (15b3:1979) twice above each GPU, the GPU's own internal switch (1022:1500), one XGMI link between every two",
    },
    {
      title: "EPYC 9374F",
      where: "AMD's product page",
      facts: "256 MiB of L3 in eight caches of four cores each",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "The PCI tree is that of a host with Xeons; that it is the same below EPYC is assumed.",
    "The switch inside an MI300X makes nvidia-smi's classes one step worse than the board is: a GPU and its NIC count as PXB.",
    "The BAR sizes of MI300X were not found published and are unknown.",
    "One node a socket (NPS1) is assumed, as AMD recommends for virtualization on this platform.",
  ],
};
