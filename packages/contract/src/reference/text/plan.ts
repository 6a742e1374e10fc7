import type { CostParts, PlanCost } from "@evenkeel/core/cost/plan-cost.ts";
import type {
  Cell,
  IoThread,
  Plan,
  PlanDevice,
  PlanSwitch,
  Vcpu,
} from "@evenkeel/core/plan/plan.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { profileText } from "./workload-profile.ts";
import { linkText, pcieLinkText } from "./topology-parts.ts";

const vcpuText = objectText<Vcpu>(
  "vCPU",
  "A vCPU and where it runs: on one CPU or, under isolation `shared`, anywhere in a pool.",
  {
    id: ["Its number in the guest.", 0, { unit: "a vCPU's number" }],
    cpu: ["The host CPU it is pinned to.", 4, { unit: "a CPU's number" }],
    cpus: ["The host CPUs it floats over, under isolation `shared`.", "4-27,116-139"],
  },
);

const memoryOnNodeText = objectText<Cell["memoryOnNodes"][number]>(
  "memory on a node",
  "Memory of a cell that lies on one node.",
  {
    node: ["The host node.", 0, { unit: "a node's number" }],
    bytes: ["How much of the cell's memory.", 257_698_037_760, { unit: "bytes" }],
  },
);

const cellText = objectText<Cell>(
  "cell",
  "A NUMA node of the guest, and the host node that it stands for.",
  {
    id: ["Its place in the list, and the guest's node number.", 0, { unit: "a cell's number" }],
    hostNode: [
      "The host node that it stands for. Under locality `preferred` its vCPUs or memory may lie " +
        "elsewhere: `memoryOnNodes` and `vcpus` say where.",
      0,
      { unit: "a node's number" },
    ],
    memoryNodes: ["The host nodes that its memory is on.", "0"],
    memoryPolicy: ["How its memory is bound to `memoryNodes`.", "strict"],
    memoryBytes: ["Its memory.", 257_698_037_760],
    memoryOnNodes: ["The part of its memory on each node.", memoryOnNodeText],
    pageBytes: ["The size of the pages that back it.", 1_073_741_824],
    vcpus: ["Its vCPUs; those of one core follow each other.", vcpuText],
    accelerators: ["The addresses of its accelerators on the host.", ["0000:1b:00.0"]],
    nics: ["The addresses of its NICs on the host.", ["0000:1c:00.0"]],
  },
);

export const planSwitchText: ObjectText<PlanSwitch> = objectText<PlanSwitch>(
  "switch",
  "A PCIe switch of the host above a device.",
  {
    address: ["The address of its upstream port.", "0000:19:00.0"],
    link: ["That port's link, towards the processor.", pcieLinkText],
  },
);

const deviceText = objectText<PlanDevice>(
  "device",
  "A device that is passed to the VM, with what its renderings need.",
  {
    address: ["Its address on the host.", "0000:1b:00.0"],
    kind: ["What it is.", "accelerator"],
    model: ["Its model.", "H100 SXM5 80GB"],
    vendor: ["The PCI vendor's id.", "10de"],
    device: ["The PCI device's id.", "2330"],
    class: ["Its PCI class.", "030200"],
    node: ["Its host node.", 0, { unit: "a node's number" }],
    cell: ["The cell that it belongs to.", 0, { unit: "a cell's number" }],
    root: ["The host bridge above it.", "pci0000:15"],
    switch: [
      "The upstream port of the switch that it hangs below; `null` below a root port.",
      "0000:19:00.0",
    ],
    switches: ["All switches above it, nearest first.", planSwitchText],
    barBytes: ["The sizes of its memory BARs.", [16_777_216, 137_438_953_472, 33_554_432]],
    link: ["Its PCIe link.", pcieLinkText],
    profile: [
      "The vGPU type of a virtual function; `null` of any other device.",
      "NVIDIA L40S-12Q",
    ],
    companions: ["The other functions of its IOMMU group, which go with it.", ["0000:1b:00.1"]],
  },
);

const iothreadText = objectText<IoThread>("iothread", "A thread of the emulator for disk I/O.", {
  id: ["Its number, from 1, as libvirt counts.", 1, { unit: "an iothread's number" }],
  cpus: ["The CPUs that it may run on.", "0,112"],
});

const costPartsText = objectText<CostParts>(
  "parts of the cost",
  "The cost of each path, as a multiple of the best possible: 1 is the best.",
  {
    hostToDevice: [
      "Between the accelerators and the cells' memory.",
      1,
      { unit: "times the best" },
    ],
    memory: ["Between the vCPUs and their memory.", 1, { unit: "times the best" }],
    peer: ["Among the accelerators.", 1.2, { unit: "times the best" }],
    network: ["Between the accelerators and the NICs.", 1, { unit: "times the best" }],
  },
);

const costText = objectText<PlanCost>(
  "cost",
  "What the placement costs, against the best place for the same request on the same host when " +
    "empty.",
  {
    basis: ["Where the figures come from.", "modelled"],
    parts: ["The cost of each path.", costPartsText],
    slowdown: [
      "Predicted time over that of the best place, with the paths weighed by the workload: 1 is the " +
        "best place.",
      1.05,
      { unit: "times the best" },
    ],
  },
);

export const planText: ObjectText<Plan> = objectText<Plan>(
  "Plan",
  "Where a VM goes: the one decision, made once and stored. Everything that the VM is given " +
    "derives from its plan (`evenkeel render`), and everything found later is held against it " +
    "(`evenkeel verify`). `evenkeel place --output json` prints one. It is not meant to be edited: " +
    "a plan that contradicts itself is refused.",
  {
    ...head("Plan"),
    vm: ["The VM's name.", "llm-a"],
    tenant: ["Who it belongs to; `null` for nobody.", "acme"],
    host: ["The host's name, as its topology has it.", "hgx-17"],
    topologyDigest: [
      "The digest of the topology that it was made on.",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
    flavor: ["The flavor that was asked for; `null` for none.", "h100.2"],
    locality: ["As it was asked for.", "strict"],
    isolation: ["As it was asked for.", "core"],
    workload: [
      "What it is for, which weighs the paths; `null` in plans of earlier releases.",
      "training",
    ],
    profile: ["What a workload of its own moves; `null` of a built-in one.", profileText],
    architecture: ["Of host and guest.", "x86_64"],
    cpuModel: [
      "The host's CPU model: a guest's settings depend on the vendor.",
      "Intel Xeon Platinum 8480C",
    ],
    threadsPerCore: ["The guest's threads per core.", 2, { unit: "threads" }],
    cells: ["The guest's nodes.", cellText],
    distances: [
      "Distances between the cells' host nodes, in the cells' order; `null` where the host has none.",
      [
        [10, 21],
        [21, 10],
      ],
      { unit: "tenths of the distance to itself" },
    ],
    emulatorCpus: ["The CPUs that the emulator's own threads run on.", "0,112"],
    iothreads: ["The threads for disk I/O.", iothreadText],
    devices: ["Its accelerators, then its NICs, each by address.", deviceText],
    links: [
      "Direct links between its accelerators; `null` in plans of earlier releases.",
      linkText,
    ],
    partition: [
      "The fabric partition of its accelerators; `null` without one.",
      3,
      { unit: "an id" },
    ],
    signature: [
      "What makes two placements run alike: plans with equal signatures are equal up to a renaming " +
        "of nodes, cores and devices.",
      "b3f1c2d4e5a69788",
    ],
    signatureText: [
      "The same in words.",
      "2 cells × (12 cores/24 threads, 240 GiB in 1 GiB pages, 1 GPU, 1 NIC on its switch), 21 apart, GPUs NV18",
    ],
    cost: ["What it costs against the best place.", costText],
    reasons: [
      "Sentences that say why this place and not the runner-up.",
      ["GPU 0000:1b:00.0 and NIC 0000:1c:00.0 share a switch."],
    ],
  },
);
