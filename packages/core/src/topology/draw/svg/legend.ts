import { className, coreClassesOf, hasCoreClasses } from "../../core-classes.ts";
import { knownPools } from "../../node-facts.ts";
import type { Topology } from "../../topology.ts";
import { sizeOf } from "../describe.ts";
import { line, span } from "../line.ts";
import { type Block, block, flow, type Mark, rectPath, row, textBlock } from "./block.ts";
import { coreLook } from "./cores.ts";

/** What the signs of a drawing mean: those that this one has. */
export function legendBlock(topology: Topology, width: number): Block {
  const { cores, nodes } = topology;
  const threads = Math.max(1, ...cores.map(({ cpus }) => sizeOf(cpus)));
  const uneven = cores.some(({ cpus }) => sizeOf(cpus) !== threads);
  const pools = nodes.flatMap(knownPools).filter(({ total }) => total > 0);
  const memory = nodes.some(
    ({ memoryBytes, hugepages }) => memoryBytes !== null && memoryBytes > 0 && hugepages !== null,
  );
  const classed = hasCoreClasses(topology);
  const kinds = classed ? coreClassesOf(cores) : [null];
  const core = threads === 1 ? "core" : `core of ${threads} threads`;
  const parts = threads <= 4 ? threads : 1;
  const coreEntries = kinds.map((of): readonly [boolean, Mark[], string] => [
    cores.length > 0,
    Array.from({ length: parts }, (_, i) =>
      path(coreLook(of, classed), (i * 12) / parts, 12 / parts - (parts > 1 ? 1 : 0)),
    ),
    classed ? `${core}, ${className(of)}` : core,
  ]);
  const entries: readonly (readonly [boolean, Mark[], string])[] = [
    ...coreEntries,
    [
      uneven || topology.offlineCpus !== "",
      [path("threadOff", 0.5, 5)],
      "thread that is not there",
    ],
    [pools.length > 0, [path("hugeFree", 0, 18)], "huge pages"],
    [
      pools.some(({ free, total }) => free !== null && free < total),
      [path("hugeTaken", 0, 18)],
      "huge pages taken",
    ],
    [memory, [path("base", 0, 18)], "memory in base pages"],
  ];
  const items = entries
    .filter(([shown]) => shown)
    .map(([, marks, text]) => entry(block(18, 16, { marks }), text));
  const framesL3 = cores.some(({ l3 }) => l3 !== null)
    ? [entry(l3Sign(), "cores in one frame share an L3")]
    : [];
  return flow([...items, ...framesL3], 20, width);
}

function entry(sign: Block, text: string): Block {
  return row([sign, textBlock(line(span(text, "faint")), 11)], 6);
}

/** Two small cores in the frame that cores of one cache have. */
function l3Sign(): Block {
  const marks = [3, 10].map((x): Mark => ({
    kind: "path",
    look: "thread",
    d: rectPath(x, 3, 5, 7),
  }));
  return block(18, 13, { look: "cache", marks });
}

function path(look: string, x: number, width: number): Mark {
  return { kind: "path", look, d: rectPath(x, 2, width, look.startsWith("thread") ? 11 : 8) };
}
