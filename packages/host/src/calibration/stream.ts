import type {
  Measured,
  TotalFigures,
  TotalTraffic,
} from "@evenkeel/core/calibration/calibration.ts";
import { type GivenText, MB, memoryFigures, type Part } from "./part.ts";

/**
 * Reads the output of STREAM: the rates of its four kernels. It prints the best rate and the mean,
 * least and most time of the repetitions but the first, so the spread follows from the times, and
 * the median is the mean. A megabyte is a million bytes, unless the heading has another unit,
 * and each byte counts that a kernel reads or writes.
 *
 * Where the command line in the text names the nodes of the CPUs and of the memory, the copy is
 * that pair's too. https://www.cs.virginia.edu/stream/
 */
export function readStream({ lines, cpuNode, memoryNode }: GivenText): Part | null {
  const row =
    /^\s*(Copy|Scale|Add|Triad):\s+(\d{1,12}(?:\.\d+)?)(?=\s|$)(?:\s+(\d{1,9}\.\d+)\s+(\d{1,9}\.\d+)\s+(\d{1,9}\.\d+))?/;
  const total = new Map<TotalTraffic, TotalFigures>();
  const warnings: string[] = [];
  let version: string | null = null;
  let threads: number | null = null;
  let repetitions = 2;
  let isRepeated = false;
  let unit = MB;
  for (const line of lines) {
    version ??= /STREAM version \$Revision:\s*([\d.]{1,12})/.exec(line)?.[1] ?? null;
    const counted = /Number of Threads (?:counted|requested)\s*=\s*(\d{1,6})/.exec(line)?.[1];
    if (counted !== undefined) threads = Number(counted);
    const times = /Each (?:kernel will be executed|test is run) (\d{1,9}) times/.exec(line)?.[1];
    if (times !== undefined) repetitions = Math.max(2, Number(times));
    const heading = /^\s*Function\s.{0,20}Rate \(?([KMGT]i?B)\/s/.exec(line)?.[1];
    if (heading !== undefined) unit = units.get(heading) ?? MB;
    const [, name, best, mean, least, most] = row.exec(line) ?? [];
    if (name === undefined || best === undefined) continue;
    const rate = rateOfTimes(Number(best) * unit, [mean, least, most], repetitions - 1);
    const traffic = traffics[name];
    if (rate === null || traffic === undefined) continue;
    if (total.has(traffic)) isRepeated = true;
    else total.set(traffic, { traffic, threads, bytesPerSecond: rate });
  }
  if (total.size === 0) return null;
  const lacks = Object.entries(traffics).filter(([, traffic]) => !total.has(traffic));
  if (lacks.length > 0) warnings.push(`${lacks.map(([name]) => name).join(", ")} are missing`);
  if (isRepeated) warnings.push("of several runs of STREAM the first is used");
  const copy = total.get("stream-copy")?.bytesPerSecond ?? null;
  const copies = { readBytesPerSecond: null, writeBytesPerSecond: null, copyBytesPerSecond: copy };
  const isPair = cpuNode !== null && memoryNode !== null && copy !== null;
  return {
    name: "stream",
    version,
    method: "STREAM: the rates of its kernels; the median is the mean of the repetitions",
    total: [...total.values()],
    memory: isPair
      ? [
          {
            ...memoryFigures(cpuNode, memoryNode),
            ...(threads === 1 ? { oneCore: copies } : { allCores: copies }),
          },
        ]
      : [],
    warnings,
  };
}

const units: ReadonlyMap<string, number> = new Map(
  ["K", "M", "G", "T"].flatMap((letter, i): [string, number][] => [
    [`${letter}B`, 1000 ** (i + 1)],
    [`${letter}iB`, 1024 ** (i + 1)],
  ]),
);

const traffics: Readonly<Record<string, TotalTraffic>> = {
  Copy: "stream-copy",
  Scale: "stream-scale",
  Add: "stream-add",
  Triad: "stream-triad",
};

/** A rate with its spread: the best belongs to the least time. Null unless it is one. */
function rateOfTimes(
  best: number,
  [mean, least, most]: readonly (string | undefined)[],
  samples: number,
): Measured | null {
  if (!(best > 0) || best > 1e18) return null;
  const bytes = best * Number(least);
  const [at, worst] = [bytes / Number(mean), bytes / Number(most)].map(Math.round);
  const isSpread =
    at !== undefined && worst !== undefined && worst > 0 && worst <= at && at <= best;
  const rate = Math.round(best);
  return isSpread
    ? { median: at, least: worst, most: rate, samples }
    : { median: rate, least: rate, most: rate, samples: 1 };
}
