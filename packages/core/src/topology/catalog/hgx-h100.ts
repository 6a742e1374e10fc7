import {
  type CatalogMachine,
  eightModulePartitions,
  hugepagesAreConfiguration,
} from "./catalog-machine.ts";

export const hgxH100: CatalogMachine = {
  name: "hgx-h100",
  title: "HGX H100: two Xeon Platinum 8480+, eight H100 SXM5 each behind a switch with its NIC",
  synthetic: `
    package:2 core:56 thread:2 memory:1Ti hugepages:768x1Gi distances:10/21
    root(bus:15,48)*2[switch:pex890xx[gpu:h100-sxm nic:cx7 dev:nvme]]@0
    root(bus:37)[switch:pex890xx[nic:cx7 switch:switchtec[dev:nvswitch*4] gpu:h100-sxm dev:nvme]]@0
    root(bus:59)[switch:pex890xx[nic:cx7 gpu:h100-sxm dev:nvme]]@0
    root(bus:97,c7)*2[switch:pex890xx[gpu:h100-sxm nic:cx7 dev:nvme]]@1
    root(bus:b7,d7)*2[switch:pex890xx[nic:cx7 gpu:h100-sxm dev:nvme]]@1
    modules:5,7,6,8,1,3,2,4 nvlink:18
    cpu:"Intel(R) Xeon(R) Platinum 8480+"`,
  sources: [
    {
      title: "lspci -tv of an eight-GPU HGX server (H800, the same baseboard)",
      where: "LiangZhou9527/some_stuff, lspci-tv",
      facts: "host bridges, switches, and the addresses of every GPU, NIC, drive and NVSwitch",
    },
    {
      title: "NCCL topology of BM.GPU.H100.8",
      where: "oracle-quickstart/oci-hpc, samples/gpu/H100-topology.xml",
      facts:
        "56 cores per node, numbered 0-55,112-167 and 56-111,168-223; Broadcom switches 1000:c030, ConnectX-7 15b3:1021, 32 GT/s x16",
    },
    {
      title: "nvidia-smi of H100 systems",
      where: "https://github.com/deepseek-ai/DeepEP/issues/145",
      facts: "NV18 between all GPUs, 81559 MiB each",
    },
    {
      title: "GPU module numbers and partitions of HGX H100",
      where:
        "kubeswift-io/kubeswift, test/gpu/fake-hgx-h100-status.json, after NVIDIA's shared NVSwitch integration guide (WP-12736)",
      facts: "the fifteen partitions, and which module each GPU is",
    },
    {
      title: "lspci of an H100",
      where: "https://github.com/fastfetch-cli/fastfetch/issues/1658",
      facts: "BARs of 16 MiB, 128 GiB and 32 MiB",
    },
  ],
  partitions: eightModulePartitions,
  notes: [
    hugepagesAreConfiguration,
    "Most of these servers are sold with 2 TiB of memory (MLPerf Inference v3.1, Dell XE9680).",
    "The recording has ConnectX-6 Dx; the description has ConnectX-7, with which these servers are sold today.",
    "The module numbers are those of NVIDIA's reference board; read them from nvidia-smi -q on a real host.",
  ],
};
