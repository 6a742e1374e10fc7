import type {
  Binding,
  BindingUnknown,
  BoundAccelerator,
  BoundNic,
} from "@evenkeel/core/binding/binding.ts";
import type { BindingPromise } from "@evenkeel/core/binding/promise.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

/** The fields that a Binding and what a process is told of one have alike. */
const boundTo = {
  mode: [
    "Which CPUs beside its accelerators it gets: all of their nodes, of their sockets, whole cores " +
      "for it alone, or those below one last-level cache for each.",
    "node",
  ],
  memory: [
    "How its memory keeps to the nodes: from these only, from these while they have any, or not.",
    "strict",
  ],
} as const;

export const bindingPromiseText: ObjectText<BindingPromise> = objectText<BindingPromise>(
  "binding promise",
  "What a process was bound to, as far as the kernel let it. Processes inherit it.",
  {
    ...boundTo,
    cpus: ["The CPUs that it was bound to; `null` where they stayed as they were.", "0-13"],
    memoryNodes: ["The nodes of its memory; `null` where that stayed as it was.", "0"],
    accelerators: ["The accelerators that it was bound beside.", ["0000:1b:00.0"]],
  },
);

const acceleratorText = objectText<BoundAccelerator>(
  "bound accelerator",
  "An accelerator that the command is bound beside.",
  {
    address: ["Its PCI address.", "0000:1b:00.0"],
    model: ["Its model.", "H100 SXM5 80GB"],
    node: ["The node that it is on, by the PCI tree.", 0, { unit: "a node's number" }],
  },
);

const nicText = objectText<BoundNic>("bound NIC", "A NIC near the command's accelerators.", {
  address: ["Its PCI address.", "0000:1c:00.0"],
  name: ["The name of its RDMA device, or of its network interface.", "mlx5_0"],
  port: ["Its first port.", 1, { unit: "a port's number" }],
});

export const bindingText: ObjectText<Binding> = objectText<Binding>(
  "Binding",
  "Where a command is to run: on which CPUs, with memory of which nodes, and why. `evenkeel exec " +
    "--dry-run --output json` prints one; what the kernel let `exec` do of it is in the command's " +
    "variable `EVENKEEL_BINDING`, with the same names.",
  {
    ...head("Binding"),
    ...boundTo,
    accelerators: ["The accelerators that it is bound beside, in its own order.", acceleratorText],
    cpus: ["The CPUs; `null` where the command stays as it is.", "0-13"],
    memoryNodes: ["The nodes of its memory; `null` where that stays as it is.", "0"],
    threads: [
      "How many threads of a library keep its CPUs busy without disturbing commands beside it.",
      14,
      { unit: "threads" },
    ],
    nics: ["NICs near its accelerators; `null` without `--nic`.", nicText],
    reasons: ["Why these and no others.", ["GPU 0000:1b:00.0 is on node 0"]],
    unknowns: [
      "What is not known and would decide.",
      objectText<BindingUnknown>("binding unknown", "Something that nobody told.", {
        what: ["What is not known.", "the node of GPU 0000:1b:00.0"],
        tells: ["What would tell.", "a contract of its VM"],
      }),
    ],
  },
);
