import type {
  Flavor,
  VirtualMachine,
  VirtualMachineSpec,
} from "@evenkeel/core/request/virtual-machine.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

const accelerators = objectText<NonNullable<VirtualMachineSpec["accelerators"]>>(
  "accelerators",
  "The GPUs or other accelerators that the VM is given.",
  {
    count: [
      "How many. Must be said, here or in the flavor, where `model` or `link` is.",
      2,
      { unit: "accelerators", default: 0 },
    ],
    model: [
      "A part of the model's name, in any case: `H100` is any H100, `H100 SXM5` one kind of it. Or " +
        "the PCI ids, `10de:2330`, or the whole name of the vGPU type where a part of a GPU is meant.",
      "H100",
      { otherwise: "any model, whole GPUs alone" },
    ],
    link: [
      "How each pair of them must be connected: `any` in any way, `nvlink` by a direct link, " +
        "`switch` below one PCIe switch.",
      "nvlink",
      { default: "any" },
    ],
  },
);

const nics = objectText<NonNullable<VirtualMachineSpec["nics"]>>(
  "nics",
  "The network cards that the VM is given whole, as near to its accelerators as they are free.",
  {
    count: [
      "How many. Must be said, here or in the flavor, where `rdma` is.",
      2,
      { unit: "NICs", default: 0 },
    ],
    rdma: ["Whether each must be able to do RDMA.", true, { default: false }],
  },
);

const specFields: ObjectText<VirtualMachineSpec>["fields"] = {
  accelerators: ["The accelerators it is given; none if left out.", accelerators],
  nics: ["The NICs it is given; none if left out.", nics],
  vcpus: [
    "How many vCPUs it has. Cores are given whole unless `isolation` is `shared`, so on cores of " +
      "two threads an odd number leaves one thread without a use. Must be said, here or in the flavor.",
    48,
    { unit: "vCPUs" },
  ],
  memory: [
    "How much memory it has, from 64Mi to 1Pi; with huge pages, a whole number of them. Must be " +
      "said, here or in the flavor.",
    "480Gi",
  ],
  hugepages: [
    "The pages that back its memory. The host must have set huge pages apart; `none` takes base " +
      "pages.",
    "1Gi",
    { default: "none" },
  ],
  locality: [
    "Where cores and memory may lie: `strict` on their cell's own node, `preferred` there as far " +
      "as there is room, `interleave` with memory spread over all nodes.",
    "strict",
    { default: "strict" },
  ],
  isolation: [
    "What no other VM may share with it: `shared` nothing, its vCPUs float over CPUs that others " +
      "use too; `core` its cores; `l3` its last-level caches; `node` its nodes; `host` the host.",
    "core",
    { default: "core" },
  ],
  workload: [
    "What it is for, which weighs the paths against each other: `inference` waits most for its " +
      "peers and its memory, `training` for peers and the network, `staging` for transfers from " +
      "the host, `compute` for memory.",
    "training",
    { default: "inference" },
  ],
};

const vmSpec = objectText<VirtualMachine["spec"]>(
  "spec",
  "What the VM is to have. Its own fields come before those of its flavor, field by field, also " +
    "within `accelerators` and `nics`; a VM with any field of its own is not held to the " +
    "signature that its flavor is sold in.",
  {
    flavor: [
      "The name of a Flavor, which must be given along with the VM.",
      "h100.2",
      { otherwise: "no flavor" },
    ],
    ...specFields,
  },
);

export const virtualMachineText: ObjectText<VirtualMachine> = objectText<VirtualMachine>(
  "VirtualMachine",
  "What a user asks for: one VM, by the name of a flavor, by fields of its own, or both. " +
    "`evenkeel place` answers with a Plan or a Refusal, `evenkeel run` starts it on this machine. " +
    "A field that neither the VM nor its flavor has stands for its default.",
  {
    ...head("VirtualMachine"),
    metadata: [
      "What it is called, and whose it is.",
      objectText<VirtualMachine["metadata"]>("metadata", "What it is called, and whose it is.", {
        name: ["Its name, also in its hypervisor and in its plan.", "llm-a"],
        tenant: ["Who it belongs to; carried to the plan.", "acme", { otherwise: "nobody" }],
      }),
    ],
    spec: ["What it is to have.", vmSpec],
  },
);

export const flavorText: ObjectText<Flavor> = objectText<Flavor>(
  "Flavor",
  "A kind of VM that an operator sells under a name. VMs refer to it by `spec.flavor`; " +
    "`evenkeel capacity` counts how many more of each fit.",
  {
    ...head("Flavor"),
    metadata: [
      "What it is called.",
      objectText<Flavor["metadata"]>("metadata", "What it is called.", {
        name: ["The name that VMs refer to it by.", "h100.2"],
      }),
    ],
    spec: [
      "What each of its VMs has.",
      objectText<VirtualMachineSpec>(
        "spec",
        "What each of its VMs has, unless the VM says otherwise itself.",
        specFields,
      ),
    ],
    signature: [
      "The signature that it is sold in: its VMs are placed so that all of them run alike, or not " +
        "at all. `evenkeel place` and `evenkeel capacity --output json` print signatures.",
      "d2b6f1a09c3e4857",
      { otherwise: "any placement; each VM gets the best that is free" },
    ],
  },
);
