import type { CheckResult, Diagnosed } from "./diagnosis.ts";
import { deviceHolders } from "./look/device-holders.ts";
import { fabricMode } from "./look/fabric-mode.ts";
import { hostShare } from "./look/host-share.ts";
import type { CheckState, Look } from "./look/look.ts";
import { savedState } from "./look/saved-state.ts";
import type { Subject } from "./subject/subject.ts";

/**
 * One thing that the vendors' guides for VMs with GPUs ask of a host, and the causes that look at
 * it. Nobody is told to be compliant: what was checked is said, with what was found.
 */
export interface Check {
  readonly id: string;
  /** What is asked, in a few words. */
  readonly asks: string;
  /** The codes of the causes that look at it; empty where none does. */
  readonly causes: readonly string[];
  /** How it is looked at where it makes nothing slow, with what that reads, in words. */
  readonly look?: Look;
  readonly reads?: string;
  /** How to look where no cause does, or what a cause does not see. */
  readonly otherwise: string | null;
}

/**
 * After NVIDIA's papers on configuring VMs for inference on HGX H200 and B300, the notes of its DRA
 * driver and device plugins, and discussions of its open kernel modules and of qemu-devel.
 */
export const checks: readonly Check[] = [
  {
    id: "P1",
    asks: "address translation (ATS) is enabled in the firmware of every NIC",
    causes: [],
    otherwise: "mlxconfig -d DEVICE query ATS_ENABLED says True(1)",
  },
  {
    id: "P2",
    asks: "ATS is on at every NIC since the host's last boot",
    causes: ["ats-off"],
    otherwise: null,
  },
  {
    id: "P3",
    asks: "access control (ACS) on the paths of GPUs and NICs, and nowhere else",
    causes: ["acs-redirect"],
    otherwise: null,
  },
  { id: "P4", asks: "ACS inside the guest too", causes: ["guest-acs"], otherwise: null },
  {
    id: "P5",
    asks: "GPU, NIC and Data-Direct function paired on ConnectX-8 and Grace",
    causes: [],
    otherwise: "rdma_topo topo lists the pairs",
  },
  {
    id: "P6",
    asks: "relaxed ordering where ACS and ATS are on",
    causes: ["relaxed-ordering-off"],
    otherwise: null,
  },
  {
    id: "P7",
    asks: "the guest knows which devices share a switch, by its tree or by a file for NCCL",
    causes: ["nccl-file-missing"],
    otherwise: null,
  },
  {
    id: "P8",
    asks: "the guest's root ports tell the true speed of their links",
    causes: ["port-link-untrue"],
    otherwise: null,
  },
  {
    id: "P9",
    asks: "the guest's window for PCI memory holds all BARs",
    causes: ["mmio-window-small"],
    otherwise: null,
  },
  {
    id: "P10",
    asks: "what the guest gets of the host is stated",
    causes: [],
    look: hostShare,
    reads: "the CPUs and the memory of all VMs",
    otherwise: "evenkeel list says what every VM holds",
  },
  {
    id: "P11",
    asks: "no live migration, suspend, hibernation or managed save",
    causes: [],
    look: savedState,
    reads: "/var/lib/libvirt/qemu/save",
    otherwise: "no suspend or hibernation in the guest; virsh list --managed-save names the saved",
  },
  {
    id: "P12",
    asks: "the host's own GPU operands are off where guests manage the GPUs",
    causes: [],
    otherwise: "kubectl get node -L nvidia.com/gpu.deploy.operands says false",
  },
  {
    id: "P13",
    asks: "a map of devices belongs to one machine",
    causes: [],
    otherwise: "a plan names its machine by a digest, and is refused on another",
  },
  {
    id: "P14",
    asks: "the physical link is read at the host's endpoint",
    causes: ["link-slow"],
    otherwise: null,
  },
  {
    id: "P15",
    asks: "Fabric Manager in the mode for passthrough, of the guest driver's version",
    causes: [],
    look: fabricMode,
    reads: "/usr/share/nvidia/nvswitch/fabricmanager.cfg",
    otherwise: "FABRIC_MODE=1 in fabricmanager.cfg, and nv-fabricmanager --version",
  },
  {
    id: "P16",
    asks: "the GPUs of a VM are a fabric partition, and it is active",
    causes: ["partition-inactive"],
    otherwise: null,
  },
  {
    id: "P17",
    asks: "nothing on the host holds a GPU that is passed on",
    causes: [],
    look: deviceHolders,
    reads: "the drivers of its IOMMU groups, and the open files of others",
    otherwise: "evenkeel run looks before it rebinds a device",
  },
  {
    id: "P18",
    asks: "the host's boot disk and network are below no switch of a guest's GPU",
    causes: ["host-device-near"],
    otherwise: null,
  },
  {
    id: "P19",
    asks: "1 GiB pages for each guest node, and a root port for each GPU",
    causes: ["page-size-small", "port-shared"],
    otherwise: null,
  },
  {
    id: "P20",
    asks: "the cores of a VM are of one class",
    causes: ["core-class-slow"],
    otherwise: null,
  },
];

/** What each check says of a subject: by its causes, or by a look of its own. */
export function checkResults(
  subject: Subject,
  { faults, checked, unchecked }: Pick<Diagnosed, "faults" | "checked" | "unchecked">,
): readonly CheckResult[] {
  const wrong = new Map(
    faults.flatMap(({ code, leadsTo, found }) => [code, ...leadsTo].map((one) => [one, found])),
  );
  const right = new Map(checked.map(({ code, found }) => [code, found]));
  const unseen = new Map(unchecked.map(({ code, why }) => [code, why]));
  return checks.map((check): CheckResult => {
    const { id, asks, otherwise, look } = check;
    if (look !== undefined) return { id, asks, ...look(subject), otherwise };
    const said = (by: ReadonlyMap<string, string>): string[] =>
      check.causes.flatMap((code) => by.get(code) ?? []);
    const result = (state: CheckState, words: readonly string[]): CheckResult => {
      const found = words.length === 0 ? null : words.join("; ");
      return { id, asks, state, found, otherwise };
    };
    const [bad, unknown, good] = [said(wrong), said(unseen), said(right)];
    if (bad.length > 0) return result("not as asked", bad);
    if (check.causes.length === 0 || unknown.length > 0) return result("not looked at", unknown);
    return good.length > 0 ? result("in order", good) : result("not concerned", []);
  });
}
