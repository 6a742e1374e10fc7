import type { FleetDocument } from "../../fleet.ts";
import { policyFieldsText } from "./host-policy.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

type FleetHost = FleetDocument["hosts"][number];
type FleetDefaults = NonNullable<FleetDocument["defaults"]>;

const policyMeaning =
  "What the host keeps for itself, and which of its devices are sold: the path of a HostPolicy, or " +
  "the fields of one.";

const takenForms =
  "Each is the path of a file with a Plan, of a folder, whose `.json`, `.yaml` and `.yml` files are " +
  "plans, or a pattern in whose last part `*` is any text and `?` any character.";

export const fleetText: ObjectText<FleetDocument> = objectText<FleetDocument>(
  "Fleet",
  "The hosts of a fleet, in a file: `place`, `capacity` and `topology` take it with `--fleet FILE`, in " +
    "place of many `--on`, and `simulate` with `--world fleet:FILE`. Relative paths in it, also those in sources, start at the file's folder. A " +
    "name, a machine and a plan may be there once.",
  {
    ...head("Fleet"),
    defaults: [
      "What holds for hosts that say nothing else.",
      objectText<FleetDefaults>("defaults of a fleet", "What holds for all hosts of a fleet.", {
        policy: [
          `${policyMeaning} A host with a policy of its own has nothing of this one. Left out: this ` +
            "machine has its own, and any other the defaults of a HostPolicy.",
          policyFieldsText,
        ],
        taken: [
          `The plans of VMs that are on any of the hosts, which each says itself. ${takenForms}`,
          ["plans"],
          { otherwise: "none" },
        ],
      }),
    ],
    hosts: [
      "The hosts.",
      objectText<FleetHost>("host of a fleet", "A host: a machine, and what is on it.", {
        name: ["What plans call it, whatever name its machine has.", "gpu-01"],
        sources: [
          "Where its machine is read from: one source or several, which are merged, each as `--from` " +
            "takes it. `ssh:HOST` asks the machine itself; standard input is none.",
          ["ssh:gpu-01", "nvidia-smi:recordings/gpu-01-topo.txt"],
        ],
        policy: [`${policyMeaning} Left out: that of \`defaults\`.`, policyFieldsText],
        taken: [
          `The plans of VMs that are on this host, beside those of \`defaults\`. ${takenForms}`,
          ["plans/gpu-01-*.json"],
          { otherwise: "none" },
        ],
      }),
    ],
  },
);
