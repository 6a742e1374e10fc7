import { rankVariables } from "@evenkeel/core/binding/local-rank.ts";

/** A section of a manual page that the help does not have. */
export interface ManualSection {
  /** In capitals, as manuals have it: `ENVIRONMENT`. */
  readonly title: string;
  readonly entries: readonly (readonly [label: string, meaning: string])[];
}

/** What the manual page of `evenkeel exec` has beyond the help. */
export const execManual: readonly ManualSection[] = [
  {
    title: "ENVIRONMENT",
    entries: [
      [
        "EVENKEEL_BINDING",
        "set for the command: what it is bound to, as JSON (mode, GPUs, CPUs, memory nodes, and " +
          "whether memory is strict, preferred or none)",
      ],
      [
        "CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER, HIP_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES, " +
          "NVIDIA_VISIBLE_DEVICES",
        "read: which GPUs the command sees, and in which order",
      ],
      [
        rankVariables.join(", "),
        "read, the first that is set: which of the processes on this machine it is, as launchers " +
          "number them; the number of them from the variable beside it, such as LOCAL_WORLD_SIZE",
      ],
      [
        "OMP_NUM_THREADS, MKL_NUM_THREADS, OPENBLAS_NUM_THREADS",
        "set, unless they are: as many threads as keep its CPUs busy",
      ],
      [
        "NCCL_TOPO_FILE",
        "set, unless it is: NCCL's topology file, where the contract of this VM names one",
      ],
      ["NCCL_IB_HCA, UCX_NET_DEVICES", "set with --nic, unless they are: the nearest RDMA NICs"],
      ["PATH", "read: where the command is looked for"],
    ],
  },
  {
    title: "FILES",
    entries: [
      [
        "/run/evenkeel/leases",
        "locks on the cores that commands have alone (--mode exclusive); of root, with the sticky bit",
      ],
    ],
  },
];
