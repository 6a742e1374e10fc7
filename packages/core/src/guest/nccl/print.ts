import { ncclTopology } from "../../nccl/print-topology.ts";
import { writeXml } from "../../xml/write.ts";
import { devicePorts, type Guest } from "../guest.ts";
import { unsupported } from "../unsupported.ts";
import { guestTopology } from "./guest-topology.ts";

/** Where the guest keeps it; `NCCL_TOPO_FILE` in `/etc/nccl.conf` names it. */
export const NCCL_FILE = "/etc/evenkeel/nccl-topology.xml";

/** Whether there is anything for NCCL to run on. */
export function hasAccelerators({ pci }: Pick<Guest, "pci">): boolean {
  return devicePorts(pci).some(({ functions }) =>
    functions.some(({ role }) => role === "accelerator"),
  );
}

/**
 * The topology file for NCCL in the guest: with it, NCCL computes the distances that the plan
 * promises, also those that the guest's own PCI tree does not show.
 *
 * Errors: `render-unsupported` without accelerators.
 */
export function ncclXml(guest: Guest): string {
  if (hasAccelerators(guest)) return writeXml(ncclTopology(guestTopology(guest)), '"');
  throw unsupported(
    "devices",
    "the VM has no accelerators",
    "at least one, for NCCL to run on",
    "render it in another form",
  );
}
