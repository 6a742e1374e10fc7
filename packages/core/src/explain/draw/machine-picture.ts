import { printable } from "../../text/printable.ts";
import { shorten } from "../../text/shorten.ts";
import type { MemoryNode } from "../../topology/topology.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { sum } from "../../unit/sum.ts";
import { countOf } from "../../unit/tally.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import { type ByNode, spreadOf } from "../subject/spread.ts";
import type { Subject } from "../subject/subject.ts";
import { devicesOf } from "../subject/yardstick.ts";

const width = 500;
const rowHeight = 30;
const padding = 12;

/**
 * A subject on its machine: each node with the part of its memory and of its workers there, and the
 * devices that it has. What is not where it belongs stands out. Null where the machine is unknown.
 */
export function machinePicture(subject: Subject): XmlElement | null {
  const { topology, memoryByNode, workers } = subject;
  if (topology === null) return null;
  const memory = memoryByNode ?? null;
  const spread = workers === null ? null : spreadOf(workers, topology);
  let y = 0;
  const boxes = topology.nodes.map((node) => {
    const box = nodeBox(node, y, { subject, memory, spread });
    y += box.height + 10;
    return box.drawn;
  });
  const height = Math.max(1, y - 10);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "evenkeel",
      role: "img",
      viewBox: `0 0 ${width} ${height}`,
    },
    [element("title", {}, [printable(`${subject.evidence.name} on its machine`)]), ...boxes.flat()],
  );
}

interface Drawn {
  readonly subject: Subject;
  readonly memory: ByNode | null;
  readonly spread: ByNode | null;
}

function nodeBox(
  { id, cpus, memoryBytes }: MemoryNode,
  y: number,
  { subject, memory, spread }: Drawn,
): { readonly drawn: readonly XmlElement[]; readonly height: number } {
  const isHome = subject.home?.nodes.has(id) ?? false;
  const devices = devicesOn(subject, id);
  const height = 2 * padding + 22 + 2 * rowHeight + (devices.length > 0 ? rowHeight : 0);
  const top = y + padding;
  const size = memoryBytes === null ? "memory unknown" : formatBytes(memoryBytes);
  const about = `CPUs ${cpus === null ? "unknown" : cpus || "none"}, ${size}`;
  const rows = [
    bar(top + 30, "memory", memory, id, isHome),
    bar(top + 30 + rowHeight, "threads", spread, id, isHome),
  ];
  return {
    height,
    drawn: [
      element("rect", {
        class: isHome ? "home" : "node",
        x: 0.5,
        y: y + 0.5,
        width: width - 1,
        height: height - 1,
        rx: 6,
      }),
      words("title", padding, top + 12, 14, `node ${id}${isHome ? ", where it belongs" : ""}`),
      words("faint", width - padding, top + 12, 12, shorten(about, 44), "end"),
      ...rows.flat(),
      ...devices.map((name, i) =>
        words("plain", padding + i * 120, top + 36 + 2 * rowHeight, 12, shorten(name, 16)),
      ),
    ],
  };
}

/** How much of something is on a node, as a bar and in words. */
function bar(
  y: number,
  label: string,
  spread: ByNode | null,
  node: number,
  isHome: boolean,
): readonly XmlElement[] {
  const [left, length] = [90, 300];
  const all = spread === null ? 0 : sum(spread.values());
  const share = spread === null || all === 0 ? null : countOf(spread, node) / all;
  const look = isHome ? "atHome" : "away";
  const value = share === null ? "unknown" : `${Number((share * 100).toFixed(1))} %`;
  const isAstray = !isHome && share !== null && share >= 0.005;
  return [
    words("faint", padding, y + 9, 12, label),
    element("rect", { class: "track", x: left, y, width: length, height: 12, rx: 3 }),
    ...(share === null || share === 0
      ? []
      : [
          element("rect", {
            class: look,
            x: left,
            y,
            width: Math.max(2, Math.round(length * share)),
            height: 12,
            rx: 3,
          }),
        ]),
    words(isAstray ? "warn" : "plain", left + length + 10, y + 10, 12, value),
  ];
}

/** The names of the subject's accelerators and NICs on a node. */
function devicesOn({ evidence, topology }: Subject, node: number): readonly string[] {
  if (topology === null) return [];
  const { accelerators, nics } = devicesOf(evidence, topology);
  const own = new Set([...accelerators, ...nics]);
  const here = topology.pci.filter((device) => device.node === node && own.has(device.address));
  const modelOf = new Map(topology.accelerators.map(({ address, model }) => [address, model]));
  return here.map(({ address }) => modelOf.get(address) ?? `NIC ${address}`);
}

function words(
  look: string,
  x: number,
  y: number,
  size: number,
  content: string,
  anchor: "start" | "end" = "start",
): XmlElement {
  return element("text", { class: look, x, y, "font-size": size, "text-anchor": anchor }, [
    content,
  ]);
}
