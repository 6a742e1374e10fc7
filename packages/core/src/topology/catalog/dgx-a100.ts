import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const dgxA100: CatalogMachine = {
  name: "dgx-a100",
  title: "NVIDIA DGX A100 640GB: two EPYC 7742 as eight nodes, eight A100 SXM4 80GB",
  synthetic: `
    package:2 node:4 l3:4 core:4 thread:2 memory:256Gi hugepages:192x1Gi distances:10/12/32
    root(bus:00)[switch:pex880xx[switch:pex880xx[gpu:a100-sxm] switch:pex880xx[nic:cx6 switch:pex880xx[gpu:a100-sxm]] nic:cx6]]@3
    root(bus:40)[switch:pex880xx[switch:pex880xx[gpu:a100-sxm] switch:pex880xx[nic:cx6 switch:pex880xx[gpu:a100-sxm]] nic:cx6]]@1
    root(bus:80)[switch:pex880xx[switch:pex880xx[gpu:a100-sxm] switch:pex880xx[nic:cx6 switch:pex880xx[gpu:a100-sxm]] nic:cx6]]@7
    root(bus:b0)[switch:pex880xx[switch:pex880xx[gpu:a100-sxm] switch:pex880xx[nic:cx6 switch:pex880xx[gpu:a100-sxm]] nic:cx6]]@5
    nvlink:12
    vendor:NVIDIA product:"DGX A100" cpu:"AMD EPYC 7742 64-Core Processor"`,
  sources: [
    {
      title: "DGX A100 System User Guide (DU-09821)",
      where: "https://docs.nvidia.com/dgx/dgxa100-user-guide/",
      facts:
        "two EPYC 7742, 2 TB of memory, eight A100 80GB, eight ConnectX-6 for the compute fabric",
    },
    {
      title: "nvidia-smi topo -m of a DGX A100",
      where: "https://github.com/NVIDIA/DCGM/issues/149",
      facts:
        "GPU pairs on nodes 3, 1, 7 and 5 in the order of their addresses, sixteen cores per node, NV12 between all, PXB to two NICs each",
    },
    {
      title: "NCCL topology of a DGX A100",
      where: "https://github.com/NVIDIA/nccl/issues/1505",
      facts: "Broadcom switches (1000:c010) in switches, the NICs between them, 16 GT/s",
    },
    {
      title: "numactl -H of dual EPYC 7742 machines with NPS4",
      where: "public recordings",
      facts: "distances 10, 12 and 32, as on every dual EPYC of four nodes a socket",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "The order of switches below one host bridge is as far as the recording shows it; bus numbers below the host bridges are generated.",
    "The storage and management NICs are left out: their place is not in the recordings.",
    "Which module number each GPU has is not published, so the module numbers are unknown and no fabric partitions are listed.",
  ],
};
