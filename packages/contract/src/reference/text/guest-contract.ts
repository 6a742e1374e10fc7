import type {
  ContractCell,
  ContractDevice,
  GuestContract,
} from "@evenkeel/core/guest/contract/contract.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { planSwitchText } from "./plan.ts";
import { linkText, pcieLinkText } from "./topology-parts.ts";

const cellText = objectText<ContractCell>("cell", "A node that the guest was promised.", {
  id: ["The guest's node number.", 0, { unit: "a cell's number" }],
  vcpus: ["Its vCPUs.", "0-23"],
  memoryBytes: ["Its memory.", 257_698_037_760],
  pageBytes: ["The size of the pages that back it on the host.", 1_073_741_824],
  hugepageBytes: ["The same where these are huge pages; `null` for base pages.", 1_073_741_824],
  distances: [
    "Its distances to every cell in order; `null` where the host tells none, or there is but one.",
    [10, 21],
    { unit: "tenths of the distance to itself" },
  ],
});

const deviceText = objectText<ContractDevice>("device", "A device that the guest was promised.", {
  address: ["Where the guest finds it.", "0000:22:00.0"],
  hostAddress: ["Its address on the host.", "0000:1b:00.0"],
  kind: ["What it is.", "accelerator"],
  model: ["Its model.", "H100 SXM5 80GB"],
  cell: ["The guest's node that it belongs to.", 0, { unit: "a cell's number" }],
  hostSwitches: [
    "The switches above it on the host, nearest first: devices with the same first one are one " +
      "switch apart.",
    planSwitchText,
  ],
  link: ["What its PCIe link runs at on the host.", pcieLinkText],
});

export const guestContractText: ObjectText<GuestContract> = objectText<GuestContract>(
  "GuestContract",
  "The guest's half of a plan: what it was promised, in its own numbers, for it to check from " +
    "within. `evenkeel guest check` does that. It is delivered through QEMU's fw_cfg; `evenkeel " +
    "render --as contract --output json` prints one.",
  {
    ...head("GuestContract"),
    vm: ["The VM's name.", "llm-a"],
    tenant: ["Who it belongs to; `null` for nobody.", "acme"],
    host: ["The host's name.", "hgx-17"],
    signature: ["The plan's signature.", "b3f1c2d4e5a69788"],
    signatureText: [
      "The same in words.",
      "1 cell × (4 cores/8 threads, 16 GiB in 1 GiB pages, 1 GPU)",
    ],
    isolation: ["What no other VM shares with it.", "core"],
    cells: ["Its nodes.", cellText],
    devices: ["Its devices, by the guest's address.", deviceText],
    links: [
      "Direct links between its accelerators, by the guest's addresses; `null` where the plan does " +
        "not tell.",
      linkText,
    ],
    nccl: [
      "The file that NCCL is to read; `null` without accelerators.",
      objectText<NonNullable<GuestContract["nccl"]>>(
        "NCCL file",
        "The file that NCCL is to read.",
        {
          file: ["Its path in the guest.", "/run/evenkeel/nccl-topology.xml"],
          sha256: [
            "The digest of what it must hold.",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          ],
        },
      ),
    ],
    notes: [
      "Where the guest sees something else than the host has, and why.",
      ["The guest sees its accelerators on root ports of their own."],
    ],
  },
);
