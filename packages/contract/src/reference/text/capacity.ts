import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import type { Move, Rebalancing } from "@evenkeel/core/fleet/rebalance.ts";
import type { Blockers } from "@evenkeel/core/placement/capacity/blockers.ts";
import type {
  ClassCapacity,
  FlavorCapacity,
  HostCapacity,
  HostFlavor,
} from "@evenkeel/core/placement/capacity/report.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { untoldFactText } from "./refusal.ts";

const classText = objectText<ClassCapacity>(
  "signature's slots",
  "How many more VMs of one signature fit.",
  {
    signature: ["The signature.", "b3f1c2d4e5a69788"],
    signatureText: [
      "The same in words.",
      "1 cell × (4 cores/8 threads, 16 GiB in 1 GiB pages, 1 GPU)",
    ],
    own: ["Whether it is the one that the flavor is sold in.", true],
    fits: ["How many more fit now.", 3, { unit: "VMs" }],
    most: ["How many fit on empty hosts.", 4, { unit: "VMs" }],
    exact: ["Whether both are certain; otherwise they are lower bounds.", true],
  },
);

const countedFields: ObjectText<FlavorCapacity>["fields"] = {
  flavor: ["The flavor.", "h100.1"],
  fits: ["How many more fit now, in the signature that it is sold in.", 3, { unit: "VMs" }],
  most: ["How many fit on empty hosts.", 4, { unit: "VMs" }],
  classes: ["The same for each signature by itself.", classText],
};

const hostFlavorText = objectText<HostFlavor>(
  "flavor on a host",
  "How many more VMs of a flavor fit on one host, and what is in the way.",
  {
    ...countedFields,
    blockers: [
      "The VMs in the way of one more; `null` where no VM is.",
      objectText<Blockers>("blockers", "The VMs in the way of one more.", {
        sets: ["The smallest sets of VMs that would have to leave.", [["llm-a"], ["llm-b"]]],
        triedUpTo: ["Sets of up to this many VMs were all tried.", 1, { unit: "VMs" }],
        more: ["Whether there are more sets of the same size.", false],
      }),
    ],
    untold: [
      "Where no VM is known to fit, what would have to be told to say so; then `fits` is no count.",
      untoldFactText,
    ],
  },
);

const moveText = objectText<Move>("move", "A VM that moves to another host.", {
  vm: ["The VM.", "llm-a"],
  from: ["The host that it leaves.", "hgx-17"],
  to: ["The host that it goes to.", "hgx-18"],
  nodes: [
    "The nodes of its cells there, in the cells' order.",
    [0, 1],
    { unit: "a node's number each" },
  ],
  accelerators: ["The accelerators that it gets there.", ["0000:1b:00.0"]],
  slots: ["The flavor's slots in the fleet once it has moved.", 4, { unit: "VMs" }],
});

export const capacityText: ObjectText<Capacity> = objectText<Capacity>(
  "Capacity",
  "How many more VMs of each flavor fit, on each host and on all of them, who is in the way, and " +
    "the fewest moves that would make room. `evenkeel capacity --output json` prints one. Each " +
    "count assumes that nothing else arrives.",
  {
    ...head("Capacity"),
    fleet: [
      "Each flavor over all hosts.",
      objectText<FlavorCapacity>(
        "flavor",
        "How many more VMs of a flavor fit in the fleet.",
        countedFields,
      ),
    ],
    hosts: [
      "Each host.",
      objectText<HostCapacity>("host", "How many more VMs of each flavor fit on one host.", {
        host: ["The host's name.", "hgx-17"],
        flavors: ["Each flavor.", hostFlavorText],
      }),
    ],
    restore: [
      "For each flavor of which more were wanted, the fewest moves that give them.",
      objectText<Rebalancing>("restore", "The fewest moves that give more slots of a flavor.", {
        flavor: ["The flavor.", "h100.1"],
        wanted: ["How many more were wanted.", 1, { unit: "VMs" }],
        before: ["The slots before all moves.", 3, { unit: "VMs" }],
        after: ["The slots after them.", 4, { unit: "VMs" }],
        moves: ["The moves, in order; `null` where none were found.", moveText],
        excludedBelow: ["Fewer moves than this do not suffice.", 1, { unit: "moves" }],
        exact: ["Whether all counts are certain.", true],
      }),
    ],
  },
);
