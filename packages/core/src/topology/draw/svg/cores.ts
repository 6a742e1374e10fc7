import { at } from "../../../unit/list.ts";
import { className, coreClassesOf, hasCoreClasses } from "../../core-classes.ts";
import type { Core, Topology } from "../../topology.ts";
import { counted, listOf, sizeOf } from "../describe.ts";
import { line, span } from "../line.ts";
import { type Block, block, flow, type Mark, rectPath, row, textBlock } from "./block.ts";

const side = 11;
const step = 14;
const margin = 4;
/** More offline CPUs than this are only named. */
const offlineDrawnMax = 64;

/**
 * A node's cores as small squares, those that share an L3 in one frame, as many frames side by side
 * as fit. Classes of cores have colors of their own, the fastest first in each frame. A square is
 * divided into its threads; a thread that other cores of the machine have and this one does not
 * stays hollow.
 */
export function coresDrawer(topology: Topology): (node: number | null, most: number) => Block {
  const coresOf = Map.groupBy(topology.cores, ({ node }) => node);
  const classed = hasCoreClasses(topology);
  const threads = topology.cores.reduce((widest, { cpus }) => Math.max(widest, sizeOf(cpus)), 1);
  return (node, most) => coresBlock(coresOf.get(node) ?? [], { threads, classed }, most);
}

/** What squares show beside their own core: the most threads, and whether there are classes. */
interface Look {
  readonly threads: number;
  readonly classed: boolean;
}

function coresBlock(cores: readonly Core[], look: Look, most: number): Block {
  const groups = Map.groupBy(cores, ({ l3 }) => l3);
  const columnsMax = Math.max(1, Math.floor((most - 2 * margin + step - side) / step));
  return flow(
    [...groups.values()].map((members) => cacheBlock(members, look, columnsMax)),
    5,
    most,
  );
}

/** How the threads of a core look. */
export function coreLook(of: number | null, classed: boolean): string {
  if (!classed || of === 0) return "thread";
  return of === null ? "threadUnknown" : of === 1 ? "thread1" : "thread2";
}

function cacheBlock(given: readonly Core[], { threads, classed }: Look, columnsMax: number): Block {
  const { l3 } = at(given, 0);
  const classes = coreClassesOf(given);
  const cores = classes.flatMap((of) => given.filter((core) => core.class === of));
  const columns = columnsOf(cores.length, columnsMax);
  const rows = Math.ceil(cores.length / columns);
  const places = cores.map((core, i) => ({
    look: coreLook(core.class, classed),
    threads: sizeOf(core.cpus),
    x: margin + (i % columns) * step,
    y: margin + Math.floor(i / columns) * step,
  }));
  const slots = places.flatMap((core) =>
    Array.from({ length: Math.max(threads, core.threads) }, (_, i) => {
      const count = Math.max(threads, core.threads);
      const gap = count > 1 && count <= 4 ? 1 : 0;
      const width = (side - gap * (count - 1)) / count;
      const x = core.x + i * (width + gap);
      return { look: i < core.threads ? core.look : "threadOff", x, y: core.y, width };
    }),
  );
  const marks = [...Map.groupBy(slots, ({ look }) => look)].map(([look, members]): Mark => {
    const inset = look === "threadOff" ? 0.5 : 0;
    const d = members.map(({ x, y, width }) =>
      rectPath(x + inset, y + inset, width - 2 * inset, side - 2 * inset),
    );
    return { kind: "path", look, d: d.join("") };
  });
  const ids = listOf(cores.map(({ id }) => id));
  const cache = l3 === null ? "L3 unknown" : `L3 ${l3}`;
  const kinds = classes.map((of) => {
    const { length } = cores.filter((core) => core.class === of);
    return `${length} of ${className(of)}`;
  });
  const kind = classed ? `: ${kinds.join(", ")}` : "";
  return block(2 * margin + columns * step - 3, 2 * margin + rows * step - 3, {
    look: l3 === null ? "cacheUnknown" : "cache",
    tooltip: `${cache}: ${counted(cores.length, "core")} (${ids})${kind}`,
    about: { cores: ids },
    marks,
  });
}

/**
 * A few times as wide as high, at least four wide, and without a broken last row where some number
 * of columns near to that divides the cores.
 */
function columnsOf(cores: number, most: number): number {
  const wanted = Math.max(4, Math.ceil(Math.sqrt(cores * 2.6)));
  const candidates = Array.from({ length: wanted }, (_, i) => Math.ceil(wanted * 0.6) + i)
    .filter((columns) => columns <= most && cores % columns === 0)
    .toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
  return Math.min(most, cores, candidates[0] ?? wanted);
}

/** The CPUs that are offline, apart: nobody says which cores they would belong to. */
export function offlineBlock({ offlineCpus }: Topology, most: number): Block {
  if (offlineCpus === "") return block(0, 0);
  const count = Math.min(offlineDrawnMax, sizeOf(offlineCpus));
  const columns = Math.min(count, Math.max(1, Math.floor(most / 2 / step)));
  const d = Array.from({ length: count }, (_, i) =>
    rectPath((i % columns) * step + 0.5, Math.floor(i / columns) * step + 0.5, side - 1, side - 1),
  ).join("");
  const rows = Math.ceil(count / columns);
  const squares = block(columns * step - 3, rows * step, {
    marks: [{ kind: "path", look: "threadOff", d }],
  });
  const text = line(span(count < sizeOf(offlineCpus) ? "… offline" : "offline", "warning"));
  return row([squares, textBlock(text, 11)], 8);
}
