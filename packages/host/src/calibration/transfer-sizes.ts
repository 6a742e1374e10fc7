import type { CopyFigures, Measured } from "@evenkeel/core/calibration/calibration.ts";
import { copyFigures, GB, gathered, type GivenText, MB, type Part, together } from "./part.ts";

/** The rates of transfers in one direction, by their size in bytes. */
interface Transfer {
  readonly size: number;
  readonly rates: readonly number[];
}

/**
 * The rate of large transfers: of all that are at least a quarter as large as the largest. Small
 * ones show what a transfer costs to start.
 */
function largeRate(transfers: readonly Transfer[]): Measured | null {
  const largest = transfers.reduce((most, { size }) => Math.max(most, size), 0);
  const large = transfers.filter(({ size }) => size * 4 >= largest);
  const medians = together(
    large.map(({ rates: [median = 0] }) => median).filter((rate) => rate > 0),
  );
  const all = together(large.flatMap(({ rates }) => rates).filter((rate) => rate > 0));
  if (medians === null || all === null || all.most > 1e18) return null;
  const { median, samples } = medians;
  return { median, least: Math.min(all.least, median), most: Math.max(all.most, median), samples };
}

type Direction = "hostToDeviceBytesPerSecond" | "deviceToHostBytesPerSecond";
const directions: Readonly<Record<string, Direction>> = {
  H2D: "hostToDeviceBytesPerSecond",
  Host: "hostToDeviceBytesPerSecond",
  D2H: "deviceToHostBytesPerSecond",
  Device: "deviceToHostBytesPerSecond",
};

/** The transfers of each device and direction, gathered from lines. */
function transferTable(): {
  readonly add: (device: number | null, direction: Direction, transfer: Transfer) => void;
  readonly copies: (node: number | null) => readonly CopyFigures[];
} {
  const found = new Map<string, { device: number | null; direction: Direction; all: Transfer[] }>();
  return {
    add(device, direction, transfer) {
      const key = `${device} ${direction}`;
      const entry = found.get(key) ?? { device, direction, all: [] };
      found.set(key, entry);
      entry.all.push(transfer);
    },
    copies(node) {
      const copies = gathered<CopyFigures>();
      for (const { device, direction, all } of found.values()) {
        copies.fill(`${device}`, () => copyFigures(node, null, device), {
          [direction]: largeRate(all),
        });
      }
      return copies.all();
    },
  };
}

const nodeUntold =
  "the output does not tell which node's memory was copied: run it under numactl -m 0, and again for each node";

/**
 * Reads the output of NVIDIA's `bandwidthTest`, quick, by ranges of sizes, or as comma-separated
 * lines: copies of pinned memory to a GPU and from it. Copies of pageable memory show a copy within
 * the host rather than the path, and those of several devices only their sum; both are left out.
 * https://github.com/NVIDIA/cuda-samples (bandwidthTest)
 */
export function readBandwidthTest({ lines, memoryNode }: GivenText): Part | null {
  const table = transferTable();
  const warnings = new Set<string>();
  let device: number | null = null;
  let direction: Direction | null = null;
  let isPinned = true;
  let unit = GB;
  let isRead = false;
  const csv =
    /^\s*bandwidthTest-(H2D|D2H|D2D)-(Pinned|Paged|Pageable), Bandwidth = (\d{1,9}(?:\.\d+)?) (GB|MB)\/s, Time = [\d.e-]{1,20} s, Size = (\d{1,15}) bytes, NumDevsUsed = (\d{1,4})/;
  for (const line of lines) {
    const named = /^\s*Device (\d{1,4}): \S/.exec(line)?.[1];
    if (named !== undefined) device = Number(named);
    const [, way = "", kind, rate, scale, size, devices] = csv.exec(line) ?? [];
    if (rate !== undefined) {
      isRead = true;
      if (kind !== "Pinned") warnings.add("copies of pageable memory are not used");
      else if (devices !== "1") warnings.add("the sum of several devices is not used");
      const into = directions[way];
      if (into === undefined || kind !== "Pinned" || devices !== "1") continue;
      const bytes = Math.round(Number(rate) * (scale === "GB" ? GB : MB));
      table.add(device, into, { size: Number(size), rates: [bytes] });
      continue;
    }
    const [, from = "", to = "", count = ""] =
      /^\s*(Host|Device) to (Host|Device) Bandwidth, (\d{1,4}) Device\(s\)/.exec(line) ?? [];
    if (from !== "") {
      direction = from === to ? null : (directions[from] ?? null);
      if (count !== "1") {
        direction = null;
        warnings.add("the sum of several devices is not used");
      }
      isPinned = true;
    }
    if (/^\s*(?:PAGEABLE|PAGED) Memory Transfers/i.test(line)) {
      isPinned = false;
      warnings.add("copies of pageable memory are not used");
    }
    const scaled = /Transfer Size \(Bytes\)\s+Bandwidth\((GB|MB)\/s\)/.exec(line)?.[1];
    if (scaled !== undefined) {
      isRead = true;
      unit = scaled === "GB" ? GB : MB;
    }
    const [, bytes, value] = /^\s*(\d{1,15})\s+(\d{1,9}(?:\.\d+)?)$/.exec(line) ?? [];
    if (bytes === undefined || direction === null || !isPinned) continue;
    const each = Math.round(Number(value) * unit);
    table.add(device, direction, { size: Number(bytes), rates: [each] });
  }
  const copies = table.copies(memoryNode);
  if (!isRead || copies.length === 0) return null;
  if (memoryNode === null) warnings.add(nodeUntold);
  return {
    name: "bandwidthTest",
    method: "CUDA bandwidthTest: copies of pinned memory, of the largest sizes",
    copies,
    warnings: [...warnings],
  };
}

const sizeUnits: Readonly<Record<string, number>> = {
  By: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
};

/**
 * Reads the output of HIP's `hipBusBandwidth`: copies of pinned memory to a GPU and from it, by
 * size, with their median, least and most.
 * https://github.com/ROCm/hip-tests (samples/1_Utils/hipBusBandwidth)
 */
export function readHipBusBandwidth({ lines, memoryNode }: GivenText): Part | null {
  const table = transferTable();
  const warnings = new Set<string>();
  const row =
    /^\s*(H2D|D2H)_Bandwidth_?(pinned|unpinned)\*?\s+\+?0*(\d{1,12})(By|kB|MB|GB)\s+GB\/sec\s+(\d{1,9}\.\d+)\s+\d{1,9}\.\d+\s+\d{1,9}\.\d+\s+(\d{1,9}\.\d+)\s+(\d{1,9}\.\d+)/;
  for (const line of lines) {
    const [, way = "", kind, size, scale = "By", median, least, most] = row.exec(line) ?? [];
    const [into, unit] = [directions[way], sizeUnits[scale]];
    if (median === undefined || into === undefined || unit === undefined) continue;
    if (kind !== "pinned") {
      warnings.add("copies of pageable memory are not used");
      continue;
    }
    const rates = [median, least, most].map((one) => Math.round(Number(one) * GB));
    table.add(null, into, { size: Number(size) * unit, rates });
  }
  const copies = table.copies(memoryNode);
  if (copies.length === 0) return null;
  if (memoryNode === null) warnings.add(nodeUntold);
  return {
    name: "hipBusBandwidth",
    method: "hipBusBandwidth: copies of pinned memory, of the largest sizes",
    copies,
    warnings: [...warnings],
  };
}
