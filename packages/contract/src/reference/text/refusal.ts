import type {
  HostRefusal,
  Refusal,
  RefusalReason,
  RefusalRemedy,
  RefusalWay,
  UntoldFact,
} from "@evenkeel/core/plan/refusal.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { remedyFields } from "./remedy.ts";

export const untoldFactText: ObjectText<UntoldFact> = objectText<UntoldFact>(
  "untold fact",
  "A fact that nobody told of a host, without which there is no answer.",
  {
    host: ["The host.", "hgx-17"],
    code: ["The kind of fact.", "hugepages-untold"],
    message: [
      "What nobody told, and which input would tell.",
      "nobody told which huge pages node 0 has: sysfs: or numactl: would tell",
    ],
  },
);

const reasonText = objectText<RefusalReason>(
  "reason",
  "One cause that closes a way, with its numbers.",
  {
    code: ["The kind of cause.", "hugepages-short"],
    node: [
      "The node that has too little; `null` for the way's nodes together, or the host.",
      1,
      { unit: "a node's number" },
    ],
    needs: [
      "What the request needs there, in the unit that `message` names.",
      240,
      { unit: "what `message` says" },
    ],
    has: ["What is free there; `null` where nobody told.", 112, { unit: "what `message` says" }],
    message: [
      "The same as a sentence.",
      "node 1 has 112 free huge pages of 1 GiB, and cell 1 needs 240",
    ],
  },
);

const wayText = objectText<RefusalWay>(
  "way",
  "One way in which the request would fit. Mending all its reasons makes it fit; leaving any one " +
    "of them keeps this way closed.",
  {
    nodes: ["The nodes that the VM's cells would be on.", "0-1"],
    reasons: ["What closes it.", reasonText],
  },
);

const refusalRemedyText = objectText<RefusalRemedy>(
  "remedy",
  "One change, enough by itself, that would make the request fit.",
  {
    change: [
      "The field of the request, the policy or the host that would be changed.",
      "spec.memory",
    ],
    from: ["What it is now.", "480Gi", { unit: "the field's own" }],
    to: ["What it would have to be.", "224Gi", { unit: "the field's own" }],
    ...remedyFields,
  },
);

const hostText = objectText<HostRefusal>(
  "host",
  "Why the request does not fit on one host, and what would make it fit.",
  {
    host: ["The host's name.", "hgx-17"],
    ways: ["The nearest ways to fit, nearest first.", wayText],
    waysExhaustive: [
      "Whether all choices of nodes were looked at; otherwise a nearer way may be missing.",
      true,
    ],
    remedies: ["The smallest changes that would make it fit here.", refusalRemedyText],
  },
);

export const refusalText: ObjectText<Refusal> = objectText<Refusal>(
  "Refusal",
  "Why a VM does not go anywhere: every host that was tried, what is short there in numbers, and " +
    "the smallest changes that would help. `evenkeel place` prints one, with exit status 3. Where " +
    "`untold` names facts the answer is not no: they may make it fit, and the exit status is 4.",
  {
    ...head("Refusal"),
    vm: ["The VM's name.", "llm-a"],
    hosts: ["Every host that was tried.", hostText],
    untold: [
      "For each host where it may fit, what would have to be told; empty where the answer is no.",
      untoldFactText,
    ],
  },
);
