import { setOf, formatList } from "../../../set/list-format.ts";
import { parseMask } from "../../../set/mask-format.ts";
import type { GuestContract } from "../../contract/contract.ts";
import type { Placed } from "./addresses.ts";
import type { NcclFile } from "./file.ts";
import { deviceName, type Report } from "./finding.ts";

/** Nodes, their CPUs, and which devices are below them. */
export function checkNodes(
  { cells }: GuestContract,
  { cpus }: NcclFile,
  placed: readonly Placed[],
  report: Report,
): void {
  const seen = new Set<string>();
  for (const { numaid, affinity } of cpus) {
    const subject = `node ${numaid === "" ? "without a number" : numaid}`;
    if (seen.has(numaid)) {
      report(
        "nccl-node-duplicate",
        subject,
        "one <cpu>",
        "another with that numaid",
        "join the two",
      );
    }
    seen.add(numaid);
    const cell = cells.find(({ id }) => `${id}` === numaid);
    if (cell === undefined) {
      // -1 is NCCL's own for what no node is known of.
      if (numaid === "-1") continue;
      const promised = `one of the guest's nodes, 0 to ${cells.length - 1}`;
      report("nccl-node-absent", subject, promised, numaid || "none", "write the guest's number");
      continue;
    }
    if (affinity === null || affinity.trim() === "") continue;
    const set = parseMask(affinity.trim());
    const promised = formatList(setOf(cell.vcpus));
    const found = set === null ? JSON.stringify(affinity.slice(0, 80)) : formatList(set);
    if (found === promised) continue;
    report(
      "nccl-affinity-wrong",
      subject,
      `vCPUs ${promised}`,
      set === null ? found : `CPUs ${found === "" ? "none" : found}`,
      "write the mask of the guest's own CPUs, or none for NCCL to read it",
    );
  }
  for (const { device, at } of placed) {
    if (device.cell === null || `${device.cell}` === at.numaid) continue;
    report(
      "nccl-node-wrong",
      deviceName(device),
      `node ${device.cell}`,
      `node ${at.numaid}`,
      `put it below <cpu numaid="${device.cell}">`,
    );
  }
}
