import type { Profile, WorkloadProfile } from "@evenkeel/core/request/workload-profile.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

type Spec = WorkloadProfile["spec"];

export const workloadProfileText: ObjectText<WorkloadProfile> = objectText<WorkloadProfile>(
  "WorkloadProfile",
  "What a VM of one's own kind of work moves in one step, and how long it computes. It is given " +
    "with `--profile FILE`, and VMs and Flavors name it as their `workload`. From it follow which " +
    "paths weigh most when a VM is placed, and what neighbours leave each other (`evenkeel place " +
    "--forecast`). A step is whatever repeats: a batch, a token, an iteration.",
  {
    ...head("WorkloadProfile"),
    metadata: [
      "What it is called.",
      objectText<WorkloadProfile["metadata"]>("metadata", "What a profile is called.", {
        name: ["Its name, other than that of a built-in workload.", "video-search"],
      }),
    ],
    spec: [
      "What a step is made of.",
      objectText<Spec>(
        "spec",
        "What one accelerator, one vCPU and one NIC move in one step, so that one profile serves VMs " +
          "of every size. What is left out is not moved.",
        {
          computeNs: [
            "The part of a step in which nothing is waited for that moves.",
            12_000_000,
            { default: 0 },
          ],
          perAccelerator: [
            "What each accelerator moves.",
            objectText<NonNullable<Spec["perAccelerator"]>>(
              "perAccelerator",
              "What each accelerator moves in one step.",
              {
                hostToDevice: ["From its cell's memory.", "512Mi", { otherwise: "nothing" }],
                deviceToHost: ["To its cell's memory.", "16Mi", { otherwise: "nothing" }],
                peer: ["To all other accelerators together.", "1Gi", { otherwise: "nothing" }],
              },
            ),
          ],
          perVcpu: [
            "What each vCPU moves.",
            objectText<NonNullable<Spec["perVcpu"]>>(
              "perVcpu",
              "What each vCPU moves in one step.",
              {
                memory: ["From and to its cell's memory, past the caches.", "24Mi"],
                writeShare: ["The part of it that is written.", 0.3, { unit: "share, 0 to 1" }],
                randomShare: [
                  "The part of it that waits for the latency of each access: pointers, hash tables.",
                  0.2,
                  { unit: "share, 0 to 1" },
                ],
              },
            ),
          ],
          perNic: [
            "What each NIC moves.",
            objectText<NonNullable<Spec["perNic"]>>("perNic", "What each NIC moves in one step.", {
              network: [
                "Half of it in each direction, to the nearest accelerator or else to memory.",
                "64Mi",
              ],
            }),
          ],
        },
      ),
    ],
  },
);

/** The same in bytes, as a Plan has it. */
export const profileText: ObjectText<Profile> = objectText<Profile>(
  "profile",
  "What a workload of one's own moves in one step: the WorkloadProfile with its sizes in bytes.",
  {
    name: ["Its name.", "video-search"],
    computeNs: ["The part of a step in which nothing is waited for that moves.", 12_000_000],
    hostToDeviceBytes: ["Each accelerator's, from its cell's memory.", 536_870_912],
    deviceToHostBytes: ["Each accelerator's, to its cell's memory.", 16_777_216],
    peerBytes: ["Each accelerator's, to all others together.", 1_073_741_824],
    memoryBytes: ["Each vCPU's, from and to its cell's memory.", 25_165_824],
    writeShare: ["The part of `memoryBytes` that is written.", 0.3, { unit: "share, 0 to 1" }],
    randomShare: [
      "The part of `memoryBytes` that waits for the latency of each access.",
      0.2,
      { unit: "share, 0 to 1" },
    ],
    networkBytes: ["Each NIC's, half of it in each direction.", 67_108_864],
  },
);
