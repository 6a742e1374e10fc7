import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { devicesShown } from "../../subject/cells.ts";
import { type GuestView, guestViewOf, namesOf, passedDevices } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * A device whose node the guest does not know (numa_node -1), in a guest of several nodes. A device
 * on QEMU's root bus belongs to none; only an expander bus (pxb-pcie) has a node. Drivers and NCCL
 * then take any node for it: https://github.com/kubevirt/kubevirt/issues/13926. In a guest of one
 * node -1 means that node, and costs nothing.
 */
export const guestDeviceNode: Cause = {
  code: "guest-device-node",
  layer: "guest",
  looksFor: "the guest has several nodes and does not know on which an accelerator or NIC is",
  observable: "guest.devices[].node, or shapes[].devices[].cell",
  readFrom: "/sys/bus/pci/devices/*/numa_node in the guest; the bus of the device in QEMU",
  acquittedBy: "a node for each accelerator and NIC, or a guest of one node",
  followsFrom: [],
  judge: (subject) => {
    const view = guestViewOf(subject.evidence);
    if (view === null) return irrelevant;
    const nodes = view.report?.nodes?.length ?? view.cells?.length ?? null;
    if (nodes === null) return untold("neither the guest nor its hypervisor told of its nodes");
    if (nodes < 2) return acquitted("the guest has one node");
    const lost = view.report === null ? onRootBus(subject) : unplaced(subject, view);
    if (lost === null) return untold("which devices the guest is given is not known");
    if (lost.length === 0) return acquitted("the guest knows the node of each accelerator and NIC");
    return accused({
      about: namesOf(lost),
      expected: "on the guest's node that stands for its node on the host",
      found: `${lost.map(({ address }) => address).join(", ")}: no node (-1)`,
      evidence: lost.slice(0, 4).map(({ address }) => `${address}/numa_node -1`),
      seen: view.report === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Put the device behind a root port of an expander bus with the guest's node (pxb-pcie,numa_node=N), or start the VM from a plan.",
      ),
    });
  },
};

type Named = readonly { readonly address: string }[];

function unplaced(subject: Subject, view: GuestView): Named | null {
  return (
    passedDevices(subject, view)
      // Where the host itself does not know the node, the guest cannot.
      ?.filter(({ onHost }) => onHost.length === 0 || onHost.some(({ node }) => node !== null))
      .filter(({ shown }) => shown.node === null)
      .map(({ shown }) => shown) ?? null
  );
}

function onRootBus({ evidence, topology }: Subject): Named | null {
  if (topology === null || evidence.shapes.every(({ devices }) => devices === null)) return null;
  const { accelerators, nics } = devicesOf(evidence, topology);
  const shown = devicesShown(evidence);
  return [...accelerators, ...nics]
    .filter((address) => shown.get(address) === null)
    .map((address) => ({ address }));
}
