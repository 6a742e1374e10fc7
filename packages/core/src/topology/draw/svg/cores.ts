import { at } from "../../../unit/list.ts";
import { count, type Tally } from "../../../unit/tally.ts";
import { className, coreClassesOf, hasCoreClasses, threadsOfClass } from "../../core-classes.ts";
import type { Core, Topology } from "../../topology.ts";
import { counted, listOf, sizeOf } from "../describe.ts";
import { line, span } from "../line.ts";
import type { Scene } from "../scene.ts";
import { coreMark, type TenancyView } from "../tenancy.ts";
import {
  type Block,
  block,
  flow,
  type Mark,
  type Placed,
  rectPath,
  row,
  textBlock,
} from "./block.ts";
import { type CacheFrame, cacheFrames } from "./shared-caches.ts";
import { signHeight, signText, signWidth } from "./sign.ts";

const plainSide = 11;
const gap = 3;
const margin = 4;
/** More offline CPUs than this are only named. */
const offlineDrawnMax = 64;

/**
 * A node's cores as small squares, those that share an L3 in one frame, as many frames side by side
 * as fit. An L3 that several nodes share has no frame here: one is around these nodes.
 *
 * Classes of cores have colors of their own, the fastest first in each frame. A square is divided
 * into its threads; a thread that other cores of its class have and this one does not stays
 * hollow. With a tenancy, a square has the color and the sign of whoever has the core instead.
 */
export function coresDrawer({
  topology,
  tenancy,
}: Scene): (node: number | null, most: number) => Block {
  const coresOf = Map.groupBy(topology.cores, ({ node }) => node);
  const side = tenancy === null ? plainSide : Math.max(signHeight, ...tenancy.marks.map(signWidth));
  const drawn: Drawn = {
    threadsOf: threadsOfClass(topology.cores),
    classed: hasCoreClasses(topology),
    side,
    tenancy,
    frameOf: cacheFrames(topology),
  };
  return (node, most) => coresBlock(coresOf.get(node) ?? [], drawn, most);
}

/** What squares show beside their own core. */
interface Drawn {
  /** The most threads that a core of the class has. */
  readonly threadsOf: (of: number | null) => number;
  readonly classed: boolean;
  readonly side: number;
  readonly tenancy: TenancyView | null;
  readonly frameOf: (core: Core) => CacheFrame;
}

function coresBlock(cores: readonly Core[], drawn: Drawn, most: number): Block {
  const groups = Map.groupBy(cores, ({ l3 }) => l3);
  const columnsMax = Math.max(1, Math.floor((most - 2 * margin + gap) / (drawn.side + gap)));
  return flow(
    [...groups.values()].map((members) => cacheBlock(members, drawn, columnsMax)),
    5,
    most,
  );
}

/** How the threads of a core look. */
export function coreLook(of: number | null, classed: boolean): string {
  if (!classed || of === 0) return "thread";
  return of === null ? "threadUnknown" : of === 1 ? "thread1" : "thread2";
}

function cacheBlock(given: readonly Core[], drawn: Drawn, columnsMax: number): Block {
  const { side, tenancy, classed } = drawn;
  const step = side + gap;
  const first = at(given, 0);
  const classes = coreClassesOf(given);
  const cores = classes.flatMap((of) => given.filter((core) => core.class === of));
  const columns = columnsOf(cores.length, columnsMax);
  const rows = Math.ceil(cores.length / columns);
  const places = cores.map((core, i) => ({
    core,
    x: margin + (i % columns) * step,
    y: margin + Math.floor(i / columns) * step,
  }));
  const squares =
    tenancy === null ? threadSquares(places, drawn) : tenantSquares(places, side, tenancy);
  const ids = listOf(cores.map(({ id }) => id));
  const cache = first.l3 === null ? "L3 unknown" : `L3 ${first.l3}`;
  const kinds = classes.map((of) => {
    const { length } = cores.filter((core) => core.class === of);
    return `${length} of ${className(of)}`;
  });
  const kind = classed ? `: ${kinds.join(", ")}` : "";
  const whose = tenancy === null ? "" : holdersText(cores, tenancy);
  return block(2 * margin + columns * step - gap, 2 * margin + rows * step - gap, {
    look: frameLooks[drawn.frameOf(first)],
    tooltip: `${cache}: ${counted(cores.length, "core")} (${ids})${kind}${whose}`,
    about: { cores: ids },
    ...squares,
  });
}

const frameLooks = {
  own: "cache",
  around: null,
  part: "cachePart",
  unknown: "cacheUnknown",
} as const satisfies Record<CacheFrame, string | null>;

interface Place {
  readonly core: Core;
  readonly x: number;
  readonly y: number;
}

type Squares = Pick<Block, "marks" | "children">;

function threadSquares(places: readonly Place[], { threadsOf, classed, side }: Drawn): Squares {
  const slots = places.flatMap(({ core, x, y }) => {
    const own = sizeOf(core.cpus);
    const parts = threadsOf(core.class);
    const between = parts > 1 && parts <= 4 ? 1 : 0;
    const width = (side - between * (parts - 1)) / parts;
    const look = coreLook(core.class, classed);
    return Array.from({ length: parts }, (_, i) => {
      const left = x + i * (width + between);
      return { look: i < own ? look : "threadOff", x: left, y, width };
    });
  });
  const marks = [...Map.groupBy(slots, ({ look }) => look)].map(([look, members]): Mark => {
    const inset = look === "threadOff" ? 0.5 : 0;
    const d = members.map(({ x, y, width }) =>
      rectPath(x + inset, y + inset, width - 2 * inset, side - 2 * inset),
    );
    return { kind: "path", look, d: d.join("") };
  });
  return { marks, children: [] };
}

/** The looks of cores that no VM has. */
const stateLooks = { host: "coreKept", closed: "coreClosed", free: "coreFree" } as const;

function tenantSquares(places: readonly Place[], side: number, tenancy: TenancyView): Squares {
  const squares = places.map(({ core, x, y }) => {
    const state = tenancy.stateOfCore(core);
    const mark = coreMark(tenancy, state);
    return { x, y, mark, state, look: state.kind === "vms" ? mark.style : stateLooks[state.kind] };
  });
  const marks = [...Map.groupBy(squares, ({ look }) => look)].map(([look, members]): Mark => {
    const d = members.map(({ x, y }) => rectPath(x + 0.5, y + 0.5, side - 1, side - 1));
    return { kind: "path", look, d: d.join("") };
  });
  const children = squares.flatMap(({ x, y, mark, state }): Placed[] => {
    if (state.kind === "free") return [];
    const text = signText(mark);
    const place = { x: x + (side - text.width) / 2, y: y + (side - text.height) / 2 };
    return [{ ...place, block: text }];
  });
  return { marks, children };
}

/** Who has how many of some cores: `; llm-a: 24 cores`. */
function holdersText(cores: readonly Core[], tenancy: TenancyView): string {
  const counts: Tally<string> = new Map();
  for (const core of cores) {
    const state = tenancy.stateOfCore(core);
    const names =
      state.kind === "vms" ? state.vms.map((vm) => at(tenancy.vms, vm).name) : [state.kind];
    for (const name of names) count(counts, name);
  }
  return [...counts].map(([name, number]) => `; ${name}: ${counted(number, "core")}`).join("");
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
  const step = plainSide + gap;
  const shown = Math.min(offlineDrawnMax, sizeOf(offlineCpus));
  const columns = Math.min(shown, Math.max(1, Math.floor(most / 2 / step)));
  const square = plainSide - 1;
  const d = Array.from({ length: shown }, (_, i) =>
    rectPath((i % columns) * step + 0.5, Math.floor(i / columns) * step + 0.5, square, square),
  ).join("");
  const rows = Math.ceil(shown / columns);
  const squares = block(columns * step - gap, rows * step, {
    marks: [{ kind: "path", look: "threadOff", d }],
  });
  const text = line(span(shown < sizeOf(offlineCpus) ? "… offline" : "offline", "warning"));
  return row([squares, textBlock(text, 11)], 8);
}
