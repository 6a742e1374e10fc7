import type {
  Bandwidths,
  Calibration,
  CopyFigures,
  Measured,
  MemoryFigures,
  PeerFigures,
} from "../../calibration/calibration.ts";

/** Figures by row and column, of one quantity; what was not measured is null. */
export interface FigureTable {
  readonly title: string;
  readonly unit: "ns" | "GB/s";
  readonly better: "lower" | "higher";
  /** What rows and columns are, in words: `node of the CPUs`. */
  readonly rowsAre: string;
  readonly columnsAre: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Whether rows and columns are the same things, whose figure to themselves nobody asks for. */
  readonly isAmongEqual: boolean;
  /** In the unit. */
  readonly cells: readonly (readonly (Measured | null)[])[];
}

/** All tables of a calibration that have a figure. */
export function figureTables(calibration: Calibration): readonly FigureTable[] {
  return [
    ...memoryTables(calibration),
    ...copyTables(calibration),
    ...peerTables(calibration),
  ].filter(({ cells }) => cells.flat().some((cell) => cell !== null));
}

type Look<Item> = (item: Item) => Measured | null;

function memoryTables({ memory }: Calibration): readonly FigureTable[] {
  const rows = ends(memory.map(({ initiator }) => initiator));
  const columns = ends(memory.map(({ target }) => target));
  const table = (
    title: string,
    unit: FigureTable["unit"],
    better: FigureTable["better"],
    look: Look<MemoryFigures>,
  ): FigureTable => ({
    title,
    unit,
    better,
    rowsAre: "node of the CPUs",
    columnsAre: "node of the memory",
    rows: rows.map(nodeName),
    columns: columns.map(nodeName),
    isAmongEqual: false,
    cells: rows.map((row) =>
      columns.map((column) => {
        const found = memory.find(
          ({ initiator, target }) => initiator === row && target === column,
        );
        return found === undefined ? null : inUnit(look(found), unit);
      }),
    ),
  });
  const rates = (["allCores", "oneCore"] as const).flatMap((who) =>
    (["read", "write", "copy"] as const).map((what) => {
      const field = `${what}BytesPerSecond` as const satisfies keyof Bandwidths;
      const by = who === "allCores" ? "all cores of a node" : "one core";
      return table(
        `${what} bandwidth, ${by}`,
        "GB/s",
        "higher",
        (one) => one[who]?.[field] ?? null,
      );
    }),
  );
  return [table("idle read latency", "ns", "lower", (one) => one.readLatencyNs), ...rates];
}

function copyTables({ copies }: Calibration): readonly FigureTable[] {
  const rows = ends(copies.map(({ node }) => node));
  const columns = [...new Set(copies.map(deviceName))];
  const fields = [
    ["copies to accelerators", "hostToDeviceBytesPerSecond"],
    ["copies from accelerators", "deviceToHostBytesPerSecond"],
    ["copies to accelerators, all at once", "togetherHostToDeviceBytesPerSecond"],
    ["copies from accelerators, all at once", "togetherDeviceToHostBytesPerSecond"],
  ] as const;
  return fields.map(([title, field]): FigureTable => ({
    title,
    unit: "GB/s",
    better: "higher",
    rowsAre: "node of the memory",
    columnsAre: "accelerator",
    rows: rows.map(nodeName),
    columns,
    isAmongEqual: false,
    cells: rows.map((row) =>
      columns.map((column) => {
        const found = copies.find((one) => one.node === row && deviceName(one) === column);
        return found === undefined ? null : inUnit(found[field], "GB/s");
      }),
    ),
  }));
}

function peerTables({ peers }: Calibration): readonly FigureTable[] {
  const from = (one: PeerFigures): string =>
    deviceName({ accelerator: one.from, index: one.fromIndex });
  const to = (one: PeerFigures): string => deviceName({ accelerator: one.to, index: one.toIndex });
  const names = [...new Set([...peers.map(from), ...peers.map(to)])];
  const fields = [
    ["copies between accelerators", "GB/s", "bytesPerSecond"],
    ["copies between accelerators, both ways at once", "GB/s", "bothWaysBytesPerSecond"],
    ["latency between accelerators", "ns", "latencyNs"],
  ] as const;
  return fields.map(([title, unit, field]): FigureTable => ({
    title,
    unit,
    better: unit === "ns" ? "lower" : "higher",
    rowsAre: "from",
    columnsAre: "to",
    rows: names,
    columns: names,
    isAmongEqual: true,
    cells: names.map((row) =>
      names.map((column) => {
        const found = peers.find((one) => from(one) === row && to(one) === column);
        return found === undefined ? null : inUnit(found[field], unit);
      }),
    ),
  }));
}

/** The ends that figures name, ascending; an unknown one last. */
function ends(nodes: readonly (number | null)[]): readonly (number | null)[] {
  const known = [...new Set(nodes.filter((node) => node !== null))].toSorted((a, b) => a - b);
  return nodes.includes(null) ? [...known, null] : known;
}

const nodeName = (node: number | null): string => (node === null ? "?" : `${node}`);

/** An accelerator by the tool's number, otherwise by its address. */
function deviceName({ accelerator, index }: Pick<CopyFigures, "accelerator" | "index">): string {
  if (index !== null) return `#${index}`;
  return accelerator === null ? "?" : accelerator.replace(/^0000:/, "");
}

function inUnit(value: Measured | null, unit: FigureTable["unit"]): Measured | null {
  if (value === null || unit === "ns") return value;
  const { median, least, most, samples } = value;
  return { median: median / 1e9, least: least / 1e9, most: most / 1e9, samples };
}

/** A figure with three digits or one decimal: `80.8`, `113`, `1.25`. */
export function figureText(value: number): string {
  if (value >= 1000) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toPrecision(3);
}

/**
 * The most that a repetition was off its median, as a share; null where all were single numbers.
 */
function spreadOf(cells: readonly (Measured | null)[]): number | null {
  const several = cells.filter((cell) => cell !== null && cell.samples > 1);
  if (several.length === 0) return null;
  return several.reduce((most, cell) => Math.max(most, cell === null ? 0 : offBy(cell)), 0);
}

/** The share by which the farthest repetition was off the median. */
export function offBy({ median, least, most }: Measured): number {
  return Math.max(most - median, median - least) / median;
}

/** The spread of a table in words. */
export function spreadText({ cells }: FigureTable): string {
  const spread = spreadOf(cells.flat());
  return spread === null
    ? "each printed once: no spread is known"
    : `each within ${percent(spread)} of its median`;
}

const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;

/** How much worse the others are than a row's own: `other nodes take 1.73 to 1.76 times`. */
export function distanceText({ rows, columns, cells, better }: FigureTable): string | null {
  const ratios = rows.flatMap((row, i) => {
    const own = cells[i]?.[columns.indexOf(row)] ?? null;
    if (own === null) return [];
    return columns.flatMap((column, j) => {
      const cell = cells[i]?.[j] ?? null;
      if (cell === null || column === row) return [];
      return [better === "lower" ? cell.median / own.median : own.median / cell.median];
    });
  });
  if (ratios.length === 0) return null;
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((one) => one.toFixed(2));
  const times = least === most ? `${least} times` : `${least} to ${most} times`;
  return better === "lower"
    ? `other nodes take ${times} as long`
    : `other nodes give ${times} less`;
}
