import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const l40sPcie: CatalogMachine = {
  name: "l40s-pcie",
  title: "A dual-socket PCIe server: eight L40S, four behind each socket's switch, no NVLink",
  synthetic: `
    package:2 core:32 thread:2 memory:512Gi hugepages:384x1Gi distances:10/21
    root[switch:switchtec[nic:cx7(link:4x16/5x16) gpu:l40s*4]]
    cpu:"Intel(R) Xeon(R) Platinum 8462Y+"`,
  sources: [
    {
      title: "NCCL topology of eight PCIe GPUs behind two Microchip switches",
      where: "Panlichen/nccl-tests, topo.xml",
      facts: "one switch a socket with four GPUs and, on one of them, a NIC; 16 GT/s x16",
    },
    {
      title: "nvidia-smi of L40S hosts",
      where: "public logs",
      facts: "46068 MiB per GPU",
    },
    {
      title: "L40S data sheet",
      where: "https://resources.nvidia.com/en-us-l40s",
      facts: "PCIe 4.0 x16, no NVLink",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "A composed machine: the switch layout was recorded with other GPUs, and the processors and memory are common for these servers.",
    "One NIC per socket is assumed.",
    "The 64 GiB BAR is that of its sister RTX 6000 Ada (https://github.com/NVIDIA/gds-nvidia-fs/issues/60).",
  ],
};
