import { head, type ObjectText, objectText } from "./object-text.ts";
import type { HostPolicyDocument, PolicyFields } from "../../host-policy.ts";
import { partitionText } from "./topology-parts.ts";

/** What a policy says, in a document of its own or in a Fleet. */
export const policyFieldsText = objectText<PolicyFields>(
  "policy",
  "What an operator keeps of a host, and which of its devices are sold: the fields of a HostPolicy.",
  {
    reserved: [
      "What the host keeps for itself, its emulators and their iothreads.",
      objectText<NonNullable<HostPolicyDocument["reserved"]>>(
        "reserved",
        "What no VM is given: cores and base pages for the host itself, its emulators and their " +
          "iothreads.",
        {
          coresPerNode: [
            "How many cores each node keeps, its lowest. `null`, or left out, keeps what fits the " +
              "machine: one core of each node with at least 8 cores; of smaller nodes one for every 8 " +
              "cores of their socket; at least one of the host. No effect where `cpus` is said.",
            2,
            { unit: "cores", default: null },
          ],
          cpus: [
            "The CPUs that are kept, in place of a number for each node. A core is kept whole when " +
              "any of its CPUs is named.",
            "0-1,56-57",
            { default: null, otherwise: "`coresPerNode` decides" },
          ],
          memoryPerNode: [
            "Base pages kept on each node that has memory: `0`, or from 1Mi. Huge pages are set " +
              "apart from them already and are not reduced by it.",
            "8Gi",
            { default: "4Gi" },
          ],
        },
      ),
    ],
    accelerators: [
      "The functions that are sold as accelerators, each by a pattern or an address. What the host " +
        "needs itself (the display, for one) is sold only if its address is here.",
      ["10de:*:0302"],
      { default: null, otherwise: "those that the topology has" },
    ],
    nics: [
      "The functions that are sold as NICs, each by a pattern or an address. The NIC of the host's " +
        "default route is sold only if its address is here.",
      ["15b3:*:0207", "0000:5e:00.0"],
      { default: null, otherwise: "those that the topology has" },
    ],
    exclude: [
      "Functions that no VM is ever given, neither asked for nor as a companion of another: a spare " +
        "GPU, or one that is broken. One that the host is not known to have is told of in a note.",
      ["0000:27:00.0"],
      { otherwise: "none" },
    ],
    maxSlowdown: [
      "The most times as long as alone on its best place, all its memory local, that a VM may take to " +
        "move its data, as forecast when another is admitted: a placement that would slow the new VM, or a running one " +
        "beyond it, is refused, and the next is tried. `capacity` counts room without it. `null`, or left out, sets " +
        "no limit.",
      1.25,
      { unit: "times the best", default: null },
    ],
    partitions: [
      "The partitions that the NVSwitch fabric can be cut into, where the machine does not report " +
        "them; left out or `null`, those that the topology has.",
      partitionText,
    ],
  },
);

export const hostPolicyText: ObjectText<HostPolicyDocument> = objectText<HostPolicyDocument>(
  "HostPolicy",
  "What an operator keeps of a host for the host itself, and which of its devices are sold. It is " +
    "given with `--policy FILE`. Without one, this host's is in `/etc/evenkeel/policy.yaml`, or where " +
    "`EVENKEEL_POLICY` says, and any other host has the defaults, as has every field that is left " +
    "out. One policy may serve many hosts, as far as it names no addresses or CPUs.",
  {
    ...head("HostPolicy"),
    ...policyFieldsText.fields,
  },
);
