import { count, countOf, type Tally } from "@evenkeel/core/unit/tally.ts";

/** Links of one GPU. */
export interface NvlinkCount {
  readonly active: number;
  readonly total: number;
}

/** `Link 3: 26.562 GB/s`, `Link 4: <inactive>` */
const linkLine = /^\s{0,40}Link \d{1,2}: (?:(\d{1,4}(?:\.\d{1,3})?) GB\/s|<?inactive>?)\s{0,8}$/;

/**
 * Counts the links in the output of `nvidia-smi nvlink -s` by the GPUs' numbers: a line `GPU 0:
 * NVIDIA H100 80GB HBM3 (UUID: …)`, and below it one for each link. A GPU without links has only
 * its first line. The count is null where some drivers do not tell it, because all links are down.
 */
export function nvlinksInText(lines: readonly string[]): ReadonlyMap<number, NvlinkCount | null> {
  const [all, active]: [Tally<number>, Tally<number>] = [new Map(), new Map()];
  const untold = new Set<number>();
  let gpu: number | null = null;
  for (const line of lines) {
    const head = /^\s{0,40}GPU (\d{1,3}):/.exec(line);
    if (head !== null) gpu = Number(head[1]);
    if (gpu === null) continue;
    if (head !== null) count(all, gpu, 0);
    if (/Unable to retrieve NVLink/i.test(line.slice(0, 512))) untold.add(gpu);
    const link = linkLine.exec(line);
    if (link === null) continue;
    count(all, gpu);
    if (Number(link[1] ?? "0") > 0) count(active, gpu);
  }
  return new Map(
    [...all].map(([at, total]) => [
      at,
      untold.has(at) ? null : { active: countOf(active, at), total },
    ]),
  );
}
