import type { PcieLink } from "../../../topology/topology.ts";
import { attribute } from "../../../xml/element.ts";
import type { FileFunction } from "./file.ts";
import type { Report } from "./finding.ts";

/**
 * The speed and width of a device's link, or of a switch's towards the CPU: the most that it does
 * on the host, as NCCL reads it. What the file leaves out NCCL reads in the guest from the function
 * and the port above it, which is emulated.
 */
export function checkPcieLink(
  { element }: FileFunction,
  subject: string,
  link: PcieLink | null,
  report: Report,
): void {
  const checks = [
    { name: "link_speed", promised: link?.maxSpeedGTs ?? link?.speedGTs ?? null, unit: "GT/s" },
    { name: "link_width", promised: link?.maxWidth ?? link?.width ?? null, unit: "lanes" },
  ];
  for (const { name, promised, unit } of checks) {
    if (promised === null) continue;
    const text = attribute(element, name)?.trim() ?? "";
    const found = Number.parseFloat(text);
    const shown = `${promised} ${unit}`;
    const remedy =
      name === "link_speed"
        ? `write link_speed="${promised.toFixed(1)} GT/s PCIe"`
        : `write link_width="${promised}"`;
    if (Number.isNaN(found)) {
      const untold = text === "" ? `no ${name}` : JSON.stringify(text.slice(0, 40));
      report("nccl-link-untold", subject, shown, untold, remedy);
    } else if (found !== promised) {
      const code = found < promised ? "nccl-link-slow" : "nccl-link-fast";
      report(code, subject, shown, `${found} ${unit}`, remedy);
    }
  }
}
