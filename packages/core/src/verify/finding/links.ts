import type { DeviceEvidence } from "../../evidence/evidence.ts";
import type { PlanDevice } from "../../plan/plan.ts";
import { advice } from "../../remedy/remedy.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  together,
  unknownCost,
  minorUnverified,
  whyNot,
} from "../verdict/check.ts";

/**
 * The PCIe links of the devices against their maximum, which the plan counts on.
 *
 * Fewer lanes than both ends have are a fault of the seat, the riser or the slot, and a warning. A
 * lower speed may be the same, or the device saving power while idle, which GPUs do within seconds:
 * so it is information only. The cost is the ratio of what the link carries.
 */
export const links: Check = ({ plan, evidence }) =>
  together(
    plan.devices.map((device) => {
      const own = evidence.devices.find(({ address }) => address === device.address);
      const what = `link of ${device.address}`;
      if (own === undefined)
        return minorUnverified(what, whyNot(evidence, `device ${device.address}`));
      return linkOutcome(what, device, own);
    }),
  );

function linkOutcome(what: string, device: PlanDevice, own: DeviceEvidence): Outcome {
  if (!own.present) return together([]);
  const { link, where, address } = own;
  const width = link?.width ?? null;
  const maxWidth = device.link?.maxWidth ?? link?.maxWidth ?? null;
  const speed = link?.speedGTs ?? null;
  const maxSpeed = device.link?.maxSpeedGTs ?? link?.maxSpeedGTs ?? null;
  // Nothing was promised about a link that nobody could read, then or now.
  if (device.link === null && link === null) return together([]);
  if (width === null || maxWidth === null || speed === null || maxSpeed === null) {
    return minorUnverified(what, "the kernel does not report all of it");
  }
  const narrow = width < maxWidth;
  if (!narrow && speed >= maxSpeed) return holds(what, `${speed} GT/s x${width}`);
  return found({
    code: "link-slow",
    severity: narrow ? "warning" : "info",
    layer: "fabric",
    subject: address,
    promised: `${maxSpeed} GT/s x${maxWidth}`,
    found: `${speed} GT/s x${width}${narrow ? "" : "; it may be saving power"}`,
    evidence: [`${where}/current_link_speed`, `${where}/current_link_width`],
    cost: narrow
      ? { slowdown: (maxSpeed * maxWidth) / (speed * width), basis: "modelled" }
      : unknownCost,
    remedy: narrow
      ? advice(
          "host-reboot",
          `Check the seat and the riser of ${address}: lspci -vv shows LnkSta against LnkCap.`,
        )
      : advice("live", `Verify again while ${address} is at work.`),
  });
}
