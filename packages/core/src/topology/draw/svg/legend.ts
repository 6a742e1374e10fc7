import { className, coreClassesOf, hasCoreClasses, threadsOfClass } from "../../core-classes.ts";
import type { Topology } from "../../topology.ts";
import { knownPools } from "../../node-facts.ts";
import { belowSign, runsBelow } from "../describe.ts";
import { line, span } from "../line.ts";
import { shownAddresses } from "../pci-branches.ts";
import type { Scene } from "../scene.ts";
import { coreSigns } from "../tenancy.ts";
import { heats } from "./distances.ts";
import { type Block, block, flow, type Mark, rectPath, row, textBlock } from "./block.ts";
import { coreLook } from "./cores.ts";
import { signText } from "./sign.ts";

/** A look, and what it means in this drawing. */
export interface LegendEntry {
  readonly look: string;
  readonly text: string;
}

/**
 * What the signs of a drawing mean: an entry for each look that it has, and none for others. What
 * says itself what it is has none: boxes with a title or a name, VMs with their list, and links
 * with their class.
 */
export function legendBlock(scene: Scene, content: Block, width: number): Block {
  const looks = looksOf(content);
  const shown = legendEntries(scene).filter(({ look }) => looks.has(look));
  const items = shown.map(({ look, text }) =>
    row([signFor(look, scene), textBlock(line(span(text, "faint")), 11, width - 30)], 6),
  );
  const { topology, all } = scene;
  const drawn = shownAddresses(topology, all);
  const isBelow = topology.pci.some(
    ({ address, link }) => drawn.has(address) && link !== null && runsBelow(link),
  );
  const below = line(
    span(belowSign, "warning"),
    span(" a link that runs below its maximum", "faint"),
  );
  return flow(
    [...items, ...heatEntry(looks), ...(isBelow ? [textBlock(below, 11, width)] : [])],
    20,
    width,
  );
}

/** The looks of everything in a block. */
export function looksOf(of: Block): ReadonlySet<string> {
  const looks = new Set<string>();
  const visit = (one: Block): void => {
    if (one.look !== null) looks.add(one.look);
    for (const mark of one.marks) if (mark.kind === "path") looks.add(mark.look);
    for (const child of one.children) visit(child.block);
  };
  visit(of);
  return looks;
}

/** Looks that need no entry: what has them says what it is, or only ties other things together. */
export const selfExplaining: ReadonlySet<string> = new Set([
  "canvas",
  "package",
  "node",
  "stray",
  "gpu",
  "nicBox",
  "functionBox",
  "many",
  "wire",
  "hub",
  "direct",
  "dot",
  "heatUnknown",
]);

/** What each look means that needs saying, except the shades of distances. */
export function legendEntries({ topology, tenancy }: Scene): readonly LegendEntry[] {
  const { nodes } = topology;
  const classed = hasCoreClasses(topology);
  const nameOf = (own: readonly (number | null)[]): string => {
    const threads = threadsOf(topology, own);
    const core = threads === 1 ? "core" : `core of ${threads} threads`;
    const fastest = own.includes(0) ? ", the fastest" : "";
    return classed ? `${core}, ${own.map((of) => className(of)).join(" or ")}${fastest}` : core;
  };
  const isKnown = nodes.flatMap(knownPools).every(({ free }) => free !== null);
  const others = tenancy === null ? "" : " by others than these VMs";
  return [
    ...["thread", "thread1", "thread2", "threadUnknown"].map((look) => ({
      look,
      text: nameOf(classesOfLook(topology, look)),
    })),
    { look: "threadOff", text: "thread that other cores have and this one lacks" },
    { look: "coreFree", text: "free core" },
    { look: "coreKept", text: "core kept for the host" },
    { look: "coreClosed", text: "core kept free by a VM's isolation" },
    { look: "vmSeveral", text: "core that several VMs run on" },
    { look: "cache", text: "cores in one frame share an L3" },
    { look: "l3Frame", text: "nodes in one frame share an L3" },
    { look: "cachePart", text: "part of an L3 that other nodes share" },
    { look: "cacheUnknown", text: "cores whose L3 is unknown" },
    { look: "hugeFree", text: isKnown ? "free huge pages" : "huge pages, free or unknown" },
    { look: "hugeTaken", text: `huge pages taken${others}` },
    { look: "base", text: "memory in base pages" },
    { look: "room", text: "less memory than the largest node" },
    { look: "roomUnknown", text: "memory whose pages are unknown" },
    { look: "bridge", text: "PCIe root or switch" },
  ];
}

/** The classes of cores whose threads have a look. */
function classesOfLook({ cores }: Topology, look: string): readonly (number | null)[] {
  const classed = hasCoreClasses({ cores });
  return coreClassesOf(cores).filter((of) => coreLook(of, classed) === look);
}

/** The most threads that a core of some classes has. */
function threadsOf({ cores }: Topology, classes: readonly (number | null)[]): number {
  return Math.max(1, ...classes.map(threadsOfClass(cores)));
}

/** The shades of distances in a drawing, as one sign from near to far; one alone says nothing. */
function heatEntry(looks: ReadonlySet<string>): Block[] {
  const shades = heats.filter((look) => looks.has(look));
  if (shades.length < 2) return [];
  const signs = row(
    shades.map((look) => block(12, 13, { look })),
    0,
  );
  return [row([signs, textBlock(line(span("near to far", "faint")), 11)], 6)];
}

const states: Readonly<Record<string, string>> = {
  coreKept: coreSigns.host,
  coreClosed: coreSigns.closed,
  vmSeveral: coreSigns.several,
};

/** A small one of what has the look. */
function signFor(look: string, { topology, tenancy }: Scene): Block {
  if (look === "cache" || look === "cachePart" || look === "cacheUnknown") {
    const inner = tenancy === null ? "thread" : "coreFree";
    const marks = [3, 10].map((x): Mark => ({
      kind: "path",
      look: inner,
      d: rectPath(x, 3, 5, 7),
    }));
    return block(18, 13, { look, marks });
  }
  if (look === "l3Frame") {
    const inner = (x: number) => ({ x, y: 2, block: block(6, 9, { look: "node" }) });
    return block(18, 13, { look, children: [inner(2), inner(10)] });
  }
  if (look === "bridge") return block(14, 13, { look });
  const sign = states[look];
  if (sign !== undefined || look === "coreFree") {
    const text = sign === undefined ? null : signText({ sign, style: "plain" });
    const children = text === null ? [] : [{ x: (14 - text.width) / 2, y: 0, block: text }];
    const d = rectPath(0.5, 0.5, 13, 13);
    return block(14, 14, { marks: [{ kind: "path", look, d }], children });
  }
  if (look.startsWith("thread")) {
    const threads = threadsOf(topology, classesOfLook(topology, look));
    const parts = threads <= 4 && look !== "threadOff" ? threads : 1;
    const marks = Array.from({ length: parts }, (_, i): Mark => {
      const [x, width] = [(i * 12) / parts, 12 / parts - (parts > 1 ? 1 : 0)];
      return { kind: "path", look, d: rectPath(x + 0.5, 2.5, width - 1 + 0.5, 10) };
    });
    return block(14, 16, { marks });
  }
  return block(18, 16, { marks: [{ kind: "path", look, d: rectPath(0, 4, 18, 8) }] });
}
