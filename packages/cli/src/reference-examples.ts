/**
 * The worked examples of the reference, in `docs/reference/examples`. A test runs every line of
 * `lines` there, writes what it prints to the file that it names, and holds the examples to what
 * they say.
 */
export interface ReferenceExample {
  readonly kind: string;
  readonly file: string;
  readonly title: string;
  /** What the file is, and what the lines show. */
  readonly says: string;
  /** Lines for a shell in that folder. */
  readonly lines: readonly string[];
  /** Whether a machine or a VM is read, which a test has not: it writes the file itself. */
  readonly isRecord?: true;
}

const policy = (name: string): string =>
  `evenkeel capacity --on machine:hgx-h100 --flavor flavor-one-gpu.yaml --policy ${name}`;

/** Two of each kind. A file that a line prints comes before the lines that read it. */
export const referenceExamples: readonly ReferenceExample[] = [
  {
    kind: "Flavor",
    file: "flavor-one-gpu.yaml",
    title: "One GPU and the card beside it",
    says:
      "On an HGX H100 each VM of it gets a GPU and the RDMA card below the same switch, with 4 cores " +
      "and 48 GiB of their node. Eight fit, one a GPU.",
    lines: ["evenkeel capacity --on machine:hgx-h100 --flavor flavor-one-gpu.yaml"],
  },
  {
    kind: "Flavor",
    file: "flavor-whole-node.yaml",
    title: "A node of its own",
    says:
      "Each VM of it has a node that no other VM shares. Two fit on an HGX H100, which has two nodes; " +
      "none has a GPU.",
    lines: ["evenkeel capacity --on machine:hgx-h100 --flavor flavor-whole-node.yaml"],
  },
  {
    kind: "VirtualMachine",
    file: "vm-of-a-flavor.yaml",
    title: "A VM of a flavor",
    says:
      "It has what its flavor has, and a tenant. The flavor is in a file of its own; both could be " +
      "in one.",
    lines: [
      "evenkeel place vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml --on machine:hgx-h100",
    ],
  },
  {
    kind: "VirtualMachine",
    file: "vm-by-itself.yaml",
    title: "A VM without a flavor, whose vCPUs float",
    says:
      "All it asks for is here. Its 6 vCPUs share a pool of CPUs with other VMs of isolation " +
      "`shared`, and its 12 GiB are base pages.",
    lines: ["evenkeel place vm-by-itself.yaml --on machine:hgx-h100"],
  },
  {
    kind: "WorkloadProfile",
    file: "workload-profile-video-search.yaml",
    title: "From host memory to the GPUs",
    says:
      "Copies to the GPUs weigh most, so placement puts memory near them first. VMs and Flavors name " +
      "it as their `workload`.",
    lines: [
      "evenkeel capacity --on machine:hgx-h100 --flavor flavor-one-gpu.yaml " +
        "--profile workload-profile-video-search.yaml",
    ],
  },
  {
    kind: "WorkloadProfile",
    file: "workload-profile-in-memory.yaml",
    title: "Memory alone",
    says:
      "Half of its reads wait for the latency of the one before. Neighbours slow it as soon as they " +
      "load its node's memory.",
    lines: [
      "evenkeel place vm-by-itself.yaml --on machine:hgx-h100 " +
        "--profile workload-profile-in-memory.yaml --forecast",
    ],
  },
  {
    kind: "HostPolicy",
    file: "policy-keeps-more.yaml",
    title: "More for the host, and a spare GPU",
    says:
      "Two cores of each node are the host's, so the emulator of a VM has those of its node. One GPU " +
      "is never sold: seven VMs of one GPU fit on an HGX H100 instead of eight.",
    lines: [policy("policy-keeps-more.yaml")],
  },
  {
    kind: "HostPolicy",
    file: "policy-names-devices.yaml",
    title: "Devices by name, and partitions",
    says:
      "Two GPUs are sold, by their addresses, and the InfiniBand cards, by a pattern. The host keeps " +
      "the CPUs 0-3 and 112-115. Two VMs of one GPU fit, each in a partition of its own.",
    lines: [policy("policy-names-devices.yaml")],
  },
  {
    kind: "Fleet",
    file: "fleet-of-types.yaml",
    title: "Two hosts of one type",
    says:
      "Both are an HGX H100 of the catalog. One has the policy of all, which is in a file of its own, " +
      "keeps a spare GPU and sells seven VMs of one GPU; the other has its own and sells eight.",
    lines: ["evenkeel capacity --fleet fleet-of-types.yaml --flavor flavor-one-gpu.yaml"],
  },
  {
    kind: "Topology",
    file: "topology-small.json",
    title: "A small machine",
    says:
      "Two nodes of 8 cores and 128 GiB, of which 96 GiB are huge pages, each with two GPUs and a card " +
      "beside each. It comes from one line of the synthetic language.",
    lines: [
      'evenkeel topology --from "synthetic:package:2 core:8 thread:2 memory:128Gi ' +
        'hugepages:96x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]" --output json ' +
        "> topology-small.json",
      "evenkeel topology --from topology-small.json",
    ],
  },
  {
    kind: "Topology",
    file: "topology-half-known.yaml",
    title: "A machine of which little was told",
    says:
      "What nobody told is `null`: here the huge pages. A VM that needs more than is known gets no " +
      "guess, but an answer that names what would tell (exit status 4).",
    lines: ["evenkeel place vm-by-itself.yaml --on topology-half-known.yaml"],
  },
  {
    kind: "Plan",
    file: "plan-pinned.json",
    title: "Pinned, with a GPU",
    says:
      "One cell on node 0: each vCPU on a CPU of its own, memory in huge pages of the node, the GPU " +
      "and the card below the node's host bridge.",
    lines: [
      "evenkeel place vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml --on topology-small.json " +
        "--output json > plan-pinned.json",
      "evenkeel render plan-pinned.json --as libvirt",
    ],
  },
  {
    kind: "Plan",
    file: "plan-floating.json",
    title: "Floating",
    says: "Each vCPU has `cpus`, the pool that it floats in, in place of a `cpu`.",
    lines: [
      "evenkeel place vm-by-itself.yaml --on machine:hgx-h100 --output json > plan-floating.json",
      "evenkeel render plan-floating.json --as qemu",
    ],
  },
  {
    kind: "Fleet",
    file: "fleet-with-plans.yaml",
    title: "Machines from files, and the VM on one",
    says:
      "The pattern finds the plan of the VM that is on `synthetic`, so its GPU is not sold again. " +
      "`evenkeel topology` lists the hosts, or draws one with its VMs.",
    lines: [
      "evenkeel topology --fleet fleet-with-plans.yaml",
      "evenkeel topology --fleet fleet-with-plans.yaml --host synthetic",
      "evenkeel place vm-by-itself.yaml --fleet fleet-with-plans.yaml",
    ],
  },
  {
    kind: "Forecast",
    file: "forecast-alone.json",
    title: "Nobody else there",
    says: "Without neighbours the forecast is the plan's own slowdown, here 1.",
    lines: [
      "evenkeel place vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml --on topology-small.json " +
        "--forecast --output json",
    ],
    isRecord: true,
  },
  {
    kind: "Forecast",
    file: "forecast-beside-a-vm.json",
    title: "Beside a VM on the same node",
    says:
      "Both use the memory of node 0. The line prints it beside the plan; it is the `forecast` of " +
      "what is printed.",
    lines: [
      "evenkeel place vm-by-itself.yaml --on topology-small.json --taken plan-pinned.json " +
        "--forecast --output json",
    ],
    isRecord: true,
  },
  {
    kind: "Refusal",
    file: "refusal-other-model.json",
    title: "No",
    says: "The machine has no H100, so it is refused (exit status 3); with GPUs of any model it would fit.",
    lines: [
      "evenkeel place vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml --on machine:l40s-pcie " +
        "--output json > refusal-other-model.json",
    ],
  },
  {
    kind: "Refusal",
    file: "refusal-untold.json",
    title: "Perhaps",
    says: "It may fit; `untold` names what nobody told and what would tell it (exit status 4).",
    lines: [
      "evenkeel place vm-by-itself.yaml --on topology-half-known.yaml --output json " +
        "> refusal-untold.json",
    ],
  },
  {
    kind: "Binding",
    file: "binding-one-gpu.json",
    title: "Beside one GPU",
    says:
      "A worker of the second GPU of the small machine gets the CPUs and the memory of that GPU's " +
      "node. Without `--output json` it is the line of numactl that does the same.",
    lines: [
      "evenkeel exec --gpu 1 --dry-run --on topology-small.json --output json > binding-one-gpu.json",
      "evenkeel exec --gpu 1 --dry-run --on topology-small.json -- python3 serve.py",
    ],
  },
  {
    kind: "Binding",
    file: "binding-cores-alone.json",
    title: "Cores of its own, and the nearest NIC",
    says:
      "Two GPUs share the node, so each has half of its cores, and the command leaves the other's " +
      "alone. The NIC is the one below the same host bridge.",
    lines: [
      "evenkeel exec --gpu 0 --mode exclusive --nic --dry-run --on topology-small.json " +
        "--output json > binding-cores-alone.json",
    ],
  },
  {
    kind: "Calibration",
    file: "calibration-measured.json",
    title: "Measured",
    says:
      "What `evenkeel measure` found on the small machine. It knows that machine by its digest, and " +
      "prices nothing on any other.",
    lines: ["evenkeel measure --output json > calibration-measured.json"],
    isRecord: true,
  },
  {
    kind: "Calibration",
    file: "calibration-from-mlc.json",
    title: "Read from another tool's output",
    says:
      "From the output of Intel's MLC with `--latency_matrix`. Nobody told which machine it was, so " +
      "`topologyDigest` is `null`; and of bandwidth it says nothing.",
    lines: ["evenkeel measure --read mlc.txt --output json > calibration-from-mlc.json"],
    isRecord: true,
  },
  {
    kind: "Capacity",
    file: "capacity-beside-a-vm.json",
    title: "What still fits beside a VM",
    says: "One more fits, of two on the empty host; the VM that is there is in the way of the other.",
    lines: [
      "evenkeel capacity --on topology-small.json --flavor flavor-one-gpu.yaml " +
        "--taken plan-pinned.json --output json > capacity-beside-a-vm.json",
    ],
  },
  {
    kind: "Capacity",
    file: "capacity-two-flavors.json",
    title: "Two flavors on an empty host",
    says: "Eight of the one or two of the other: each count assumes that nothing else arrives.",
    lines: [
      "evenkeel capacity --on machine:hgx-h100 --flavor flavor-one-gpu.yaml " +
        "--flavor flavor-whole-node.yaml --output json > capacity-two-flavors.json",
    ],
  },
  {
    kind: "GuestContract",
    file: "contract-pinned.json",
    title: "With a GPU",
    says: "What the guest of the pinned plan was promised, by its own addresses.",
    lines: ["evenkeel render plan-pinned.json --as contract --output json > contract-pinned.json"],
  },
  {
    kind: "GuestContract",
    file: "contract-floating.json",
    title: "Without devices",
    says: "What the guest of the floating plan was promised: one node, and no file for NCCL.",
    lines: [
      "evenkeel render plan-floating.json --as contract --output json > contract-floating.json",
    ],
  },
  {
    kind: "GuestReport",
    file: "report-as-promised.json",
    title: "As promised",
    says: "What the guest of the pinned plan says of itself where all is well.",
    lines: ["evenkeel guest report > report-as-promised.json"],
    isRecord: true,
  },
  {
    kind: "GuestReport",
    file: "report-without-a-node.json",
    title: "A GPU without a node",
    says:
      "The guest's kernel says -1 for the GPU, so its `node` is `null`. Held against the plan, that " +
      "is a finding.",
    lines: ["evenkeel guest report > report-without-a-node.json"],
    isRecord: true,
  },
  {
    kind: "Evidence",
    file: "evidence-as-planned.json",
    title: "As planned",
    says: "The VM of the pinned plan where all is well.",
    lines: ["evenkeel evidence llm-a > evidence-as-planned.json"],
    isRecord: true,
  },
  {
    kind: "Evidence",
    file: "evidence-moved.json",
    title: "Moved",
    says:
      "The same VM later. Half of its memory has gone to node 1, and NUMA balancing, which may have " +
      "moved it, is on.",
    lines: ["evenkeel evidence llm-a > evidence-moved.json"],
    isRecord: true,
  },
  {
    kind: "Verdict",
    file: "verdict-holds.json",
    title: "It holds",
    says: "Everything that the plan promises is so (exit status 0).",
    lines: [
      "evenkeel verify llm-a --plan plan-pinned.json --evidence evidence-as-planned.json " +
        "--output json > verdict-holds.json",
    ],
  },
  {
    kind: "Verdict",
    file: "verdict-differs.json",
    title: "It does not hold",
    says:
      "Memory of cell 0 is off its node, which is an error, with what it costs and what mends it " +
      "(exit status 3).",
    lines: [
      "evenkeel verify llm-a --plan plan-pinned.json --evidence evidence-moved.json " +
        "--on topology-small.json --output json > verdict-differs.json",
    ],
  },
  {
    kind: "Explanation",
    file: "explanation-moved.json",
    title: "Before and after",
    says: "Two records of one VM. The second one's memory on another node explains why it is slower.",
    lines: [
      "evenkeel why evidence-as-planned.json evidence-moved.json --output json " +
        "> explanation-moved.json",
    ],
  },
  {
    kind: "Explanation",
    file: "explanation-measured.json",
    title: "With a measured gap",
    says: "The same, where the second was measured to be 40 % slower: a part remains unexplained.",
    lines: [
      "evenkeel why evidence-as-planned.json evidence-moved.json --gap 40% --output json " +
        "> explanation-measured.json",
    ],
  },
  {
    kind: "Diagnosis",
    file: "diagnosis-in-order.json",
    title: "Nothing wrong",
    says: "No fault in what was looked at; what could not be looked at is listed.",
    lines: ["evenkeel doctor ./evidence-as-planned.json --output json > diagnosis-in-order.json"],
  },
  {
    kind: "Diagnosis",
    file: "diagnosis-moved.json",
    title: "Memory on another node",
    says: "The fault, without a plan and without a twin to compare with (exit status 3).",
    lines: ["evenkeel doctor ./evidence-moved.json --output json > diagnosis-moved.json"],
  },
];
