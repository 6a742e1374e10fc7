import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const hgxB300: CatalogMachine = {
  name: "hgx-b300",
  title: "HGX B300: two Xeon 6776P, eight B300 SXM6 behind the switches of their ConnectX-8",
  synthetic: `
    package:2 core:64 thread:2 memory:1Ti hugepages:768x1Gi distances:10/21
    root*4[switch:cx8-switch[nic:cx8 switch:cx8-switch[gpu:b300-sxm]]]
    nvlink:18
    cpu:"Intel(R) Xeon(R) 6776P"`,
  sources: [
    {
      title: "Optimizing VM Configuration for AI Inference, HGX B300",
      where: "https://docs.nvidia.com/ai-enterprise/planning-resource/",
      facts: "128 cores and 2 TiB on the reference host",
    },
    {
      title: "nvidia-smi topo -m of a B300 host",
      where: "public issue report on ConnectX-8 bandwidth",
      facts: "NV18 between all, PXB to one NIC each, nodes of 0-63,128-191 and 64-127,192-255",
    },
    {
      title: "NCCL topology of eight GPUs behind ConnectX-8",
      where: "alibaba/rtp-llm, topo.xml",
      facts: "the NIC's own switch (15b3:197c), with a second one between it and the GPU",
    },
    {
      title: "GPU BARs of real hosts",
      where: "public test fixtures of a confidential-VM launcher, taken from lspci -vvv",
      facts: "10de:3182 with BARs of 64 MiB, 512 GiB and 32 MiB",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "Bus numbers are generated: no recording of them was found.",
    "The memory that nvidia-smi shows, the module numbers and the fabric partitions of B300 are not published.",
  ],
};
