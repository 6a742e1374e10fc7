import { isDirect, linkClass } from "../interconnect.ts";
import type { LinkKind, Topology } from "../topology.ts";
import { counted } from "./describe.ts";
import { type Line, line, span } from "./line.ts";
import { interconnectRows, styleOf } from "./matrix.ts";

/** What the classes over PCI Express mean, from near to far. */
const pciMeanings = [
  ["PIX", "through one PCIe switch"],
  ["PXB", "through several PCIe switches"],
  ["PHB", "through their host bridge"],
  ["NODE", "through host bridges of one node"],
  ["SYS", "through the link between nodes"],
  ["?", "unknown"],
] as const;

const linkNames = {
  nvlink: "NVLink",
  xgmi: "XGMI link",
  xelink: "Xe Link",
} as const satisfies Record<LinkKind, string>;

/** What the interconnect classes of a machine's accelerators mean: those that it has, once each. */
export function classMeanings(topology: Topology): readonly Line[] {
  const shown = new Set(interconnectRows(topology).flat());
  const direct = new Map(
    topology.links.map((link) => [linkClass(link), overLinks(link.kind, link.lanes)] as const),
  );
  return [
    ...[...direct].flatMap(([name, text]) => (shown.has(name) ? [meaning(name, text)] : [])),
    ...pciMeanings.flatMap(([name, text]) => (shown.has(name) ? [meaning(name, text)] : [])),
  ];
}

function meaning(name: string, text: string): Line {
  return line(span(name, isDirect(name) ? styleOf(name) : "plain"), span(` ${text}`, "faint"));
}

/** What a direct link consists of: `over 18 NVLinks`. */
export function overLinks(kind: LinkKind, lanes: number | null): string {
  const name = linkNames[kind];
  return lanes === null ? `over ${name}s, nobody told how many` : `over ${counted(lanes, name)}`;
}
