import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readLine } from "./values.ts";

/**
 * A function's PCI Express link, from `current_link_speed` ("32.0 GT/s PCIe"; older kernels say "8
 * GT/s") and its neighbors. Null where it has no link, or the files are missing.
 * https://docs.kernel.org/PCI/sysfs-pci.html, drivers/pci/pci-sysfs.c
 */
export function readLink(tree: Tree, path: string): PcieLink | null {
  const link: PcieLink = {
    speedGTs: speed(readLine(tree, `${path}/current_link_speed`)),
    width: width(readIndex(tree, `${path}/current_link_width`)),
    maxSpeedGTs: speed(readLine(tree, `${path}/max_link_speed`)),
    maxWidth: width(readIndex(tree, `${path}/max_link_width`)),
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

/** The kernel writes "Unknown" for a link that is down. */
function speed(line: string | null): number | null {
  const match = /^(\d{1,3}(?:\.\d)?) GT\/s/.exec(line ?? "");
  return match === null ? null : Number(match[1]);
}

/**
 * The kernel writes 0 for a link that is down and 255 for an unknown one; a PCIe link has at most
 * 32 lanes.
 */
function width(lanes: number | null): number | null {
  return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
}
