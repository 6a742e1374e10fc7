import { formatBytes } from "../../../unit/bytes.ts";
import { at } from "../../../unit/list.ts";
import { sumOf } from "../../../unit/sum.ts";
import type { MemoryNode } from "../../topology.ts";
import { memoryParts, type TenancyView } from "../tenancy.ts";
import { type Block, block, type Mark, type Placed, rectPath } from "./block.ts";
import { signBlock, signHeight } from "./sign.ts";

/** How a bar of memory is drawn. */
interface BarOptions {
  readonly tenancy: TenancyView | null;
  /** The memory of the machine's largest node, which is as long as `width`. */
  readonly memoryMost: number;
  readonly width: number;
}

/**
 * A node's memory as a bar, its length in proportion to the machine's largest node: huge pages
 * dark, used ones darker, base pages light; an empty frame where nobody told of its huge pages.
 * With a tenancy, whoever has a part of it has that part of the bar.
 */
export function memoryBar(node: MemoryNode, { tenancy, memoryMost, width }: BarOptions): Block {
  const height = tenancy === null ? 8 : signHeight + 2;
  const { memoryBytes, hugepages } = node;
  const unknownBar = (long: number): Block => {
    const d = rectPath(0.5, 0.5, Math.max(0, long - 1), height - 1);
    return block(width, height, { marks: [{ kind: "path", look: "roomUnknown", d }] });
  };
  if (memoryBytes === null) return unknownBar(width);
  const full = (width * memoryBytes) / memoryMost;
  if (hugepages === null) return unknownBar(full);
  if (tenancy !== null) return tenantsBar(tenancy, node, full, width, height);
  const sizes = hugepages.map(({ sizeBytes, total, free }) => ({
    all: total * sizeBytes,
    taken: (total - (free ?? total)) * sizeBytes,
  }));
  const most = Math.max(1, memoryBytes);
  const taken = Math.min(1, sumOf(sizes, (pool) => pool.taken) / most);
  const huge = Math.min(1, sumOf(sizes, (pool) => pool.all) / most);
  const bars: readonly (readonly [string, number, number])[] = [
    ["hugeTaken", 0, full * taken],
    ["hugeFree", full * taken, full * huge],
    ["base", full * huge, full],
    ["room", full, width],
  ];
  const marks = bars.flatMap(([look, from, to]): Mark[] =>
    to - from < visible ? [] : [{ kind: "path", look, d: rectPath(from, 0, to - from, height) }],
  );
  return block(width, height, { marks });
}

/** Narrower parts of a bar are not drawn. */
const visible = 0.5;

const partLooks = { taken: "hugeTaken", free: "hugeFree", base: "base" } as const;

/** A node's memory as a bar of whoever has it, with the signs that have room in their parts. */
function tenantsBar(
  tenancy: TenancyView,
  node: MemoryNode,
  full: number,
  width: number,
  height: number,
): Block {
  const parts = memoryParts(tenancy, node) ?? [];
  const total = Math.max(
    1,
    sumOf(parts, ({ bytes }) => bytes),
  );
  let x = 0;
  const children = parts.flatMap(({ kind, vm, bytes }): Placed[] => {
    const wide = (full * bytes) / total;
    const placed = { x, y: 0 };
    x += wide;
    if (wide < visible) return [];
    if (vm === null) {
      const look = kind === "vm" ? null : partLooks[kind];
      return [{ ...placed, block: block(wide, height, { look }) }];
    }
    const { name } = at(tenancy.vms, vm);
    const drawn = signBlock(at(tenancy.marks, vm), wide, height);
    return [{ ...placed, block: { ...drawn, tooltip: `${name}: ${formatBytes(bytes)}` } }];
  });
  const rest = width - full;
  const room =
    rest < visible ? [] : [{ x: full, y: 0, block: block(rest, height, { look: "room" }) }];
  return block(width, height, { children: [...children, ...room] });
}
