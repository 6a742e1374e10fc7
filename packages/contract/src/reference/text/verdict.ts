import type {
  Finding,
  FindingCost,
  Unverified,
  Verdict,
  Verified,
} from "@evenkeel/core/verify/verdict/verdict.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { remedyText } from "./remedy.ts";

const costText = objectText<FindingCost>("cost", "How much slower it makes the VM.", {
  slowdown: ["Time with it over time without it.", 1.18, { unit: "times the best" }],
  basis: [
    "Where the figure comes from: measured on this host or read off the evidence, the cost model, or " +
      "nowhere.",
    "measured",
  ],
});

/** What a finding of a verdict and a fault of an explanation say alike. */
export const findingFields: ObjectText<Omit<Finding, "code">>["fields"] = {
  severity: [
    "`error`: the VM is not what it was promised to be; `warning`: it may be slower for it; `info`: " +
      "good to know.",
    "error",
  ],
  layer: ["Where the cause lies.", "hypervisor"],
  subject: ["What it is about.", "cell 0"],
  promised: ["How it should be.", "node 0"],
  found: ["How it is.", "37% of 240 GiB on node 1"],
  evidence: [
    "The kernel's, QEMU's or libvirt's own words.",
    ["7f0000000000 bind:0 file=/memfd:… N0=151 N1=89 kernelpagesize_kB=1048576"],
  ],
  cost: ["What it costs.", costText],
  remedy: ["What mends it. Findings of one cause have the same remedy.", remedyText],
};

const findingText = objectText<Finding>("finding", "One thing that is otherwise than promised.", {
  code: ["The kind of finding.", "memory-off-node"],
  ...findingFields,
});

export const verdictText: ObjectText<Verdict> = objectText<Verdict>(
  "Verdict",
  "A plan held against what is so: what does not hold, what does, and what nobody could tell. " +
    "`evenkeel verify` prints one, and exits with 0 where the plan holds, with 3 where something is " +
    "wrong, with 4 where too little could be read to say. `evenkeel exec --verify` writes one of the " +
    "command that it became, held against its binding.",
  {
    ...head("Verdict"),
    vm: ["The VM's name; of a command that `evenkeel exec` has bound, its process.", "llm-a"],
    host: ["The host's name.", "hgx-17"],
    takenAt: ["When the evidence was read.", "2026-01-31T12:00:00.000Z"],
    scope: [
      "What it covers: of a VM the host's part alone, or also what the guest sees; or the " +
        "processes of a bound command.",
      "host",
    ],
    holds: [
      "Whether the plan holds: no error among `findings`, nothing essential among `unverified`.",
      false,
    ],
    findings: ["What is otherwise than promised, what costs or breaks most first.", findingText],
    verified: [
      "What is as promised.",
      objectText<Verified>("verified", "One promise that is kept.", {
        what: ["The promise.", "vCPUs pinned"],
        found: ["What was found.", "48 of 48 vCPUs may run on their planned CPU alone"],
      }),
    ],
    unverified: [
      "What could not be checked.",
      objectText<Unverified>("unverified", "One promise that could not be checked.", {
        what: ["The promise.", "the guest's nodes"],
        why: ["Why nobody could tell.", "the guest has not reported"],
        essential: [
          "Whether the opposite would be an error: then the plan cannot hold without it.",
          false,
        ],
      }),
    ],
  },
);
