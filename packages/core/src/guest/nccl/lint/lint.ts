import type { XmlElement } from "../../../xml/element.ts";
import type { GuestContract } from "../../contract/contract.ts";
import { matchDevices } from "./addresses.ts";
import { checkDirectLinks } from "./direct-links.ts";
import { ncclFile } from "./file.ts";
import { deviceName, type NcclFinding, type Report } from "./finding.ts";
import { checkNodes } from "./nodes.ts";
import { checkPcieLink } from "./pcie-links.ts";
import { checkSwitches } from "./switches.ts";

/**
 * Everything in a topology file that differs from what a guest was promised and would make its NCCL
 * compute other distances, or none. First devices are found by their addresses; what is at its
 * place is then held against the promise: nodes, PCI Express links, switches, direct links. A
 * device that is not at its place is one finding, and not several more for what follows from it.
 *
 * What the contract does not tell is not checked, and what the file leaves for NCCL to find out by
 * itself is right, but where NCCL would find something else in this guest.
 *
 * @param root the document's element.
 */
export function lintNccl(contract: GuestContract, root: XmlElement): readonly NcclFinding[] {
  const findings: NcclFinding[] = [];
  const report: Report = (code, subject, promised, found, remedy) =>
    void findings.push({ code, subject, promised, found, remedy });
  if (root.name !== "system") {
    const remedy = "give the file that NCCL_TOPO_FILE is to name";
    report("nccl-root", "the document", "<system>", `<${root.name.slice(0, 40)}>`, remedy);
    return findings;
  }
  const file = ncclFile(root);
  const placed = matchDevices(contract, file, report);
  checkNodes(contract, file, placed, report);
  for (const { device, at } of placed) checkPcieLink(at, deviceName(device), device.link, report);
  checkSwitches(placed, report);
  checkDirectLinks(contract, placed, report);
  return findings;
}
