import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";

/** The matrix of `xpu-smi topology -m`, by GPU. */
export interface XpuMatrix {
  /** Each GPU's list of CPUs, by its number; null where its row is missing. */
  readonly gpus: ReadonlyMap<number, string | null>;
  readonly pairs: readonly XpuPair[];
  readonly missing: readonly string[];
}

interface XpuPair {
  readonly a: number;
  readonly b: number;
  /** Null where only a direct link is shown, or no row has the pair. */
  readonly class: PciInterconnect | null;
  readonly xeLink: boolean;
  /** Of all Xe Links between the two; null where their number is not told. */
  readonly lanes: number | null;
}

/** From the nearest; two GPUs are as near as their nearest tiles. */
const classes: readonly PciInterconnect[] = ["PIX", "PXB", "PHB", "NODE", "SYS"];

/** The limit bounds the work that is quadratic in the tiles. */
const tilesMax = 512;

/**
 * Reads the matrix of `xpu-smi topology -m`, with bars or blanks between its columns: a row and a
 * column for each tile, `GPU 0/1`, and the CPUs near it. `S` is the tile itself, `MDF` another tile
 * of its GPU, `XL16` Xe Link of 16 lanes, `XL*` Xe Link of its other tile. Rows may be missing.
 *
 * Errors: `topology-inconsistent` where the two halves disagree.
 */
export function readXpuMatrix(lines: readonly string[], where: string): XpuMatrix {
  const gpus = new Map<number, string | null>();
  const pairs = new Map<string, { a: number; b: number; cells: Map<string, string> }>();
  const rows = new Set<string>();
  let columns: readonly string[] = [];
  for (const line of lines) {
    const tiles = [...line.slice(0, lineMax).matchAll(/\bGPU (\d{1,3}\/\d{1,2})\b/g)].map(
      ([, tile = ""]) => tile,
    );
    const row =
      /^\s{0,16}GPU (\d{1,3}\/\d{1,2})[\s|]{1,16}((?:S|MDF|XL[\d*]{1,3}|PIX|PXB|PHB|NODE|SYS|N\/A)(?=[\s|]|$).{0,8000})$/.exec(
        line,
      );
    if (row === null) {
      if (tiles.length > 0 && tiles.length <= tilesMax && isHeader(line)) {
        columns = tiles;
        for (const tile of tiles) addGpu(gpus, tile, null);
      }
      continue;
    }
    const own = row[1] ?? "";
    const cells = (row[2] ?? "").split(/[\s|]+/);
    const words = cells.slice(0, columns.length);
    const cpus = cells
      .slice(columns.length)
      .filter((cell) => /^\d[\d,-]*$/.test(cell))
      .join("");
    addGpu(gpus, own, cpus === "" ? null : cpus);
    rows.add(own);
    for (const [i, word] of words.entries()) addPair(pairs, own, columns[i] ?? own, word);
  }
  const without = columns.filter((tile) => !rows.has(tile)).map((tile) => `the row of GPU ${tile}`);
  return {
    gpus,
    pairs: [...allPairs([...gpus.keys()])].map(([a, b]) =>
      settled(a, b, pairs.get(`${a} ${b}`)?.cells, where),
    ),
    missing: without,
  };
}

/** Whether nothing but tiles and captions stands in a line. */
function isHeader(line: string): boolean {
  return line.replaceAll(/\bGPU \d{1,3}\/\d{1,2}\b|CPU Affinity|NUMA Affinity|[\s|]+/g, "") === "";
}

/** Longer lines are no matrix. */
const lineMax = 16_384;

const gpuOf = (tile: string): number => Number(tile.split("/")[0]);

function addGpu(gpus: Map<number, string | null>, tile: string, cpus: string | null): void {
  const index = gpuOf(tile);
  if (gpus.size < tilesMax || gpus.has(index)) gpus.set(index, gpus.get(index) ?? cpus);
}

function addPair(
  pairs: Map<string, { a: number; b: number; cells: Map<string, string> }>,
  one: string,
  other: string,
  word: string,
): void {
  const [a, b] = [Math.min(gpuOf(one), gpuOf(other)), Math.max(gpuOf(one), gpuOf(other))];
  if (a === b) return;
  const pair = pairs.get(`${a} ${b}`) ?? { a, b, cells: new Map() };
  pairs.set(`${a} ${b}`, pair);
  const key = [one, other].toSorted().join(" ");
  const before = pair.cells.get(key);
  // Both halves of the matrix are kept where they differ, to be found out.
  pair.cells.set(before === undefined || before === word ? key : `${key} again`, word);
}

function* allPairs(gpus: readonly number[]): Generator<readonly [number, number]> {
  const sorted = gpus.toSorted((a, b) => a - b);
  for (const [i, a] of sorted.entries()) for (const b of sorted.slice(i + 1)) yield [a, b];
}

function settled(
  a: number,
  b: number,
  cells: ReadonlyMap<string, string> | undefined,
  where: string,
): XpuPair {
  const words = [...(cells?.values() ?? [])];
  const found = classes.filter((name) => words.includes(name));
  if (found.length > 1) {
    throw new EvenkeelError(
      "topology-inconsistent",
      `GPU ${a} and GPU ${b} are both ${found[0]} and ${found[1]} apart`,
      { where, expected: "a matrix whose two halves agree" },
    );
  }
  const links = words.filter((word) => word.startsWith("XL"));
  const lanes = links.flatMap((word) => /^XL(\d{1,3})$/.exec(word)?.[1] ?? []);
  const sum = lanes.reduce((total, own) => total + Number(own), 0);
  return {
    a,
    b,
    class: found[0] ?? null,
    xeLink: links.length > 0,
    lanes: sum === 0 ? null : sum,
  };
}
