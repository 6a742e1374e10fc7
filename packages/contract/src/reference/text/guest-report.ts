import type {
  GuestBar,
  GuestContractFound,
  GuestDevice,
  GuestGpuDirect,
  GuestHugepages,
  GuestNccl,
  GuestNode,
  GuestPort,
  GuestProcessor,
  GuestReport,
} from "@evenkeel/core/evidence/guest-report.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { acceleratorStateText } from "./machine-evidence.ts";
import { pcieLinkText } from "./topology-parts.ts";

export const unreadableText: ObjectText<Unreadable> = objectText<Unreadable>(
  "unreadable",
  "What nobody could read.",
  {
    what: ["What it was.", "/proc/4711/numa_maps"],
    why: ["Why it could not be read.", "permission denied: reading it needs root"],
  },
);

const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const nodeText = objectText<GuestNode>("node", "A NUMA node as the guest sees it.", {
  id: ["Its number.", 0, { unit: "a node's number" }],
  cpus: ["Its CPUs.", "0-23"],
  memoryBytes: ["Its memory.", 255_013_683_200],
  distances: [
    "Its distances to every node in order, its own included.",
    [10, 21],
    { unit: "tenths of the distance to itself" },
  ],
});

const deviceText = objectText<GuestDevice>("device", "A PCI function as the guest sees it.", {
  address: ["Its address in the guest.", "0000:22:00.0"],
  vendor: ["The vendor's id.", "10de"],
  device: ["The device's id.", "2330"],
  node: ["Its node; `null` where the guest's kernel says -1.", 0, { unit: "a node's number" }],
  link: ["Its PCIe link.", pcieLinkText],
  bars: [
    "Its memory BARs.",
    objectText<GuestBar>("BAR", "A memory BAR, and whether the guest found an address for it.", {
      bytes: ["Its size.", 137_438_953_472, { unit: "bytes" }],
      assigned: ["Whether it has an address.", true],
    }),
  ],
});

export const guestReportText: ObjectText<GuestReport> = objectText<GuestReport>(
  "GuestReport",
  "What a guest says of itself from inside: its nodes, devices, links and files, without " +
    "judgement. `evenkeel guest report`, or the script of `evenkeel guest script`, prints one, " +
    "and an Evidence carries it. A guest may lie; it can only say what a guest can have.",
  {
    ...head("GuestReport"),
    where: ["The root that was read, or how the report came.", "/"],
    kernel: ["The guest's kernel, as `uname -r` says it.", "6.12.48+deb13-amd64"],
    clocksource: ["By what its kernel tells the time.", "kvm-clock"],
    nodes: ["Its nodes.", nodeText],
    devices: ["Its PCI functions, without bridges.", deviceText],
    hugepages: [
      "Its own huge pages.",
      objectText<GuestHugepages>("huge pages", "The guest's own huge pages of one size.", {
        node: ["Their node.", 0, { unit: "a node's number" }],
        sizeBytes: ["The size of a page.", 2_097_152],
        total: ["How many there are.", 512, { unit: "pages" }],
        free: ["How many nobody uses.", 512, { unit: "pages" }],
      }),
    ],
    contract: [
      "The contract as the guest found it; `null` where it found none.",
      objectText<GuestContractFound>("contract found", "The contract that the guest found.", {
        where: ["Where.", "/sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw"],
        sha256: ["The digest of its bytes.", sha256],
      }),
    ],
    cpu: [
      "Its processor.",
      objectText<GuestProcessor>("processor", "The guest's processor as its kernel sees it.", {
        model: ["Its model.", "Intel(R) Xeon(R) Platinum 8480C"],
        sockets: ["How many sockets.", 2, { unit: "sockets" }],
        coresPerSocket: ["The cores of each.", 12, { unit: "cores" }],
        threadsPerCore: ["The threads of each core.", 2, { unit: "threads" }],
        flags: ["Flags of vector units and of topology.", ["avx2", "topoext"]],
      }),
    ],
    ports: [
      "Its PCI bridges.",
      objectText<GuestPort>("port", "A PCI bridge of the guest.", {
        address: ["Its address in the guest.", "0000:20:00.0"],
        link: ["What it says that its link is.", pcieLinkText],
        acsRedirect: ["Whether it redirects traffic between devices below it (ACS).", false],
        below: ["The functions on the bus below it.", ["0000:22:00.0"]],
      }),
    ],
    nccl: [
      "The topology file that is meant for NCCL; `null` where there is none.",
      objectText<GuestNccl>("NCCL file", "A topology file that is meant for NCCL.", {
        file: ["Its path.", "/var/run/nvidia-topologyd/virtualTopology.xml"],
        sha256: ["The digest of its bytes.", sha256],
        from: ["What names it, or whose path it lies at.", "NCCL_TOPO_FILE"],
        inForce: ["Whether NCCL takes it.", true],
        slowestLink: [
          "The slowest link in it between a processor and an accelerator.",
          objectText<NonNullable<GuestNccl["slowestLink"]>>(
            "stated link",
            "A link that it states.",
            {
              speedGTs: ["The speed of a lane.", 32],
              width: ["The lanes.", 16, { unit: "lanes" }],
            },
          ),
        ],
      }),
    ],
    ncclNetwork: ["The network that NCCL uses, in its log's word; `null` without a log.", "IB"],
    gpuDirect: [
      "What NCCL's own log says of direct copies between NIC and GPU; `null` without a log.",
      objectText<GuestGpuDirect>(
        "GPUDirect",
        "Whether NCCL lets NICs copy from and to GPUs directly.",
        {
          enabled: ["Whether it does.", true],
          why: ["In NCCL's own words.", "GPU Direct RDMA Enabled for HCA 0 'mlx5_0'"],
        },
      ),
    ],
    accelerators: ["What the vendor's tool says of its accelerators.", acceleratorStateText],
    unreadable: ["What nobody could read.", unreadableText],
  },
);
