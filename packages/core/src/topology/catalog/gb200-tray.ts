import { type CatalogMachine } from "./catalog-machine.ts";

// Nodes 0 and 1 are the two Grace processors; after them each GPU has eight nodes, two GPUs per
// Grace.
const gpuOf = (node: number): number => Math.floor((node - 2) / 8);
const graceOf = (node: number): number => (node < 2 ? node : Math.floor(gpuOf(node) / 2));

function distance(a: number, b: number): number {
  if (a === b) return 10;
  if (a >= 2 && b >= 2) return gpuOf(a) === gpuOf(b) ? 11 : 40;
  if (a < 2 && b < 2) return 40;
  return graceOf(a) === graceOf(b) ? 80 : 120;
}

const nodes = Array.from({ length: 34 }, (_, node) => node);
const distances = nodes.map((a) => nodes.map((b) => distance(a, b)).join(",")).join(";");

export const gb200Tray: CatalogMachine = {
  name: "gb200-tray",
  title: "A GB200 NVL72 compute tray: two Grace, four Blackwell whose memory is nodes without CPUs",
  synthetic: `
    package:2 die:? core:72
    memory:489935Mi@0 memory:489795Mi@1 hugepages:184320x2Mi
    gpumem:188416Mi@0 gpumem:0*7@0 gpumem:188416Mi@0 gpumem:0*7@0
    gpumem:188416Mi@1 gpumem:0*7@1 gpumem:188416Mi@1 gpumem:0*7@1
    distances:${distances}
    root(bus:0008:00,0009:00)*2[gpu:gb200]@0 root(bus:0018:00,0019:00)*2[gpu:gb200]@1
    root(bus:0000:00,0002:00)*2[nic:cx7]@0 root(bus:0010:00,0012:00)*2[nic:cx7]@1
    nvlink:18
    vendor:NVIDIA product:"GB200 NVL72" cpu:Neoverse-V2 arch:aarch64 page:64Ki`,
  sources: [
    {
      title: "Scaling Expert Parallelism in TensorRT LLM (tech blog 8)",
      where: "NVIDIA/TensorRT-LLM, docs/source/blogs/tech_blog",
      facts:
        "numactl -H: 34 nodes, their CPUs and sizes, the distances of nodes 1 to 3 and 9; 64 KiB pages, 512 MiB huge pages",
    },
    {
      title: "ResourceSlices of BM.GPU.GB200-v3.4",
      where: "public recordings of the GPU and network drivers of Kubernetes on Oracle's cloud",
      facts:
        "GPUs in PCI domains 0008 and 0009 beside node 0, 0018 and 0019 beside node 1, 189471 MiB each; NICs in domains 0000, 0002, 0010 and 0012",
    },
    {
      title: "lspci of a GB200 tray",
      where: "NVIDIA's documentation of GPU passthrough with Kata Containers",
      facts: "10de:2941 at 0008:01:00.0 and 0009:01:00.0",
    },
    {
      title: "MLPerf Inference v6.1, GB200 NVL72",
      where: "mlcommons/inference_results_v6.1, closed/Crusoe/systems",
      facts: "NV18 between the four GPUs of a tray through the rack's NVLink switches",
    },
  ],
  partitions: null,
  notes: [
    "Huge pages are configuration: with 64 KiB base pages Grace has huge pages of 2 MiB, 512 MiB and 16 GiB but none of 1 GiB, so the description sets 2 MiB pages apart.",
    "Node 0's distances are taken to mirror node 1's. Each GPU has eight nodes, one with its memory and seven kept for MIG instances.",
    "The BARs of GB200 and the ports above the NICs are not published; the NICs' bus numbers are generated.",
    "The NVLink domain of NVL72 is the rack's and has no partitions of one tray.",
  ],
};
