import type { CheckResult, Diagnosed, Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import type {
  Checked,
  Difference,
  Explanation,
  Fault,
  Unchecked,
} from "@evenkeel/core/explain/explanation.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { findingFields } from "./verdict.ts";

const faultFields: ObjectText<Fault>["fields"] = {
  code: ["The code of its cause, as in docs/causes.md.", "memory-remote"],
  what: ["What is wrong, as a sentence.", "memory of a cell lies on another node than its vCPUs"],
  ...findingFields,
  leadsTo: ["The causes that follow from it, which are not told again.", ["numa-balancing"]],
};

const checkedText = objectText<Checked>("checked", "A cause that was looked for and not found.", {
  code: ["The code of the cause.", "smt-sibling"],
  found: ["What was found instead.", "no vCPU shares its core with another VM"],
});

const uncheckedFields: ObjectText<Omit<Unchecked, "in">>["fields"] = {
  code: ["The code of the cause.", "guest-distances"],
  why: ["Why it could not be looked for.", "the guest has not reported"],
};

export const explanationText: ObjectText<Explanation> = objectText<Explanation>(
  "Explanation",
  "Why one VM, process or container is slower than another: what differs, which layer it lives in, " +
    "what it costs, and what was looked at without finding anything. `evenkeel why A B` prints " +
    "one. It may end in this: placement does not explain it.",
  {
    ...head("Explanation"),
    a: ["The name of the first.", "llm-a"],
    b: ["The name of the second.", "llm-b"],
    twins: ["Whether nothing that was found sets the two apart.", false],
    differences: [
      "What differs, what costs most first; what both have comes last.",
      objectText<Difference>("difference", "A fault that slows one of the two down, or both.", {
        ...faultFields,
        in: ["Which of the two has it.", "b"],
      }),
    ],
    predicted: [
      "How slow each is by what was priced.",
      objectText<Explanation["predicted"]>(
        "predicted",
        "How slow each is by the prices of its faults, against the same without a fault.",
        {
          a: ["The first.", 1, { unit: "times the best" }],
          b: ["The second.", 1.21, { unit: "times the best" }],
        },
      ),
    ],
    explained: [
      "The part of the gap between the two that the prices explain: 0.19 is 19 %.",
      0.19,
      { unit: "a share of 1" },
    ],
    unexplained: [
      "The rest of the gap that was measured (`--gap`); `null` where nobody measured it.",
      0.02,
      { unit: "a share of 1" },
    ],
    checked: ["What was looked at and is in order in both.", checkedText],
    unchecked: [
      "What could not be looked at.",
      objectText<Unchecked>("unchecked", "A cause that could not be looked for.", {
        ...uncheckedFields,
        in: ["Of which of the two.", "b"],
      }),
    ],
  },
);

const checkText = objectText<CheckResult>(
  "check",
  "One thing that vendors' guides ask, and what was found.",
  {
    id: ["Its number in docs/checks.md.", "P8"],
    asks: ["What the guides ask.", "vCPUs are pinned to cores of their own"],
    state: ["How it went.", "in order"],
    found: [
      "What the causes that look at it say; `null` where none looked.",
      "every vCPU has a core of its own",
    ],
    otherwise: [
      "How to look at it by other means; `null` where that is not needed.",
      "virsh vcpuinfo llm-a",
    ],
  },
);

export const diagnosisText: ObjectText<Diagnosis> = objectText<Diagnosis>(
  "Diagnosis",
  "What is wrong with a machine and with what runs on it, without a plan and without a twin. " +
    "`evenkeel doctor --output json` prints one.",
  {
    ...head("Diagnosis"),
    host: ["The host's name.", "hgx-17"],
    subjects: [
      "The machine itself first, where it was asked about, then what runs on it.",
      objectText<Diagnosed>("subject", "What all causes say of one subject.", {
        name: ["Its name.", "llm-a"],
        of: ["What it is.", "vm"],
        takenAt: ["When it was looked at.", "2026-01-31T12:00:00.000Z"],
        faults: [
          "What is wrong, what costs most first.",
          objectText<Fault>("fault", "One thing that a cause found.", faultFields),
        ],
        checked: ["What was looked for and not found.", checkedText],
        unchecked: [
          "What could not be looked for.",
          objectText<Omit<Unchecked, "in">>(
            "unchecked",
            "A cause that could not be looked for.",
            uncheckedFields,
          ),
        ],
        checks: ["What vendors' guides ask of a VM's host; empty for anything else.", checkText],
      }),
    ],
  },
);
