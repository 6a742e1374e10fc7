import type { ShapeEvidence } from "../../evidence/evidence.ts";
import type { PlanDevice } from "../../plan/plan.ts";
import { restartFromPlan } from "../../remedy/remedy.ts";
import { type Check, found, holds, type Outcome, together, unknownCost } from "../verdict/check.ts";
import { overShapes } from "./shapes.ts";

/**
 * The guest's node of each device, which is that of the expander bus it hangs below: a device on
 * the machine's own root bus has none, and the guest's kernel says -1 (QEMU's
 * docs/pci_expander_bridge.txt).
 */
export const deviceNode: Check = ({ plan, evidence }) =>
  together(
    plan.devices.map((device) =>
      overShapes(evidence, `guest node of ${device.address}`, "devices", (shape) =>
        nodeOutcome(shape, device),
      ),
    ),
  );

function nodeOutcome(shape: ShapeEvidence, { address, cell }: PlanDevice): Outcome | null {
  const own = shape.devices?.find(({ hostAddress }) => hostAddress === address);
  if (own === undefined) return null;
  const above = own.above.join(" below ");
  if (own.cell === cell) return holds(`guest node of ${address}`, `${cell}, behind ${above}`);
  return found({
    code: "device-node",
    severity: "error",
    layer: "hypervisor",
    subject: address,
    promised: `guest node ${cell}`,
    found: `${own.cell === null ? "no node (-1 in the guest)" : `guest node ${own.cell}`}, behind ${above}`,
    evidence: [shape.where],
    cost: unknownCost,
    // A device stays on the bus that it was plugged into.
    remedy: restartFromPlan,
  });
}
