import type { CopyFigures, PeerFigures } from "@evenkeel/core/calibration/calibration.ts";
import {
  copyFigures,
  GB,
  gathered,
  type GivenText,
  type Part,
  peerFigures,
  rateOf,
} from "./part.ts";

/**
 * Reads the output of SuperBench's `gpu_copy`: lines such as
 * `cpu_to_gpu0_by_dma_under_numa1 26.2`, in GB/s. Copies by DMA go before those by a kernel (`sm`),
 * and writes to a peer before reads from it. Of copies both ways between GPUs it prints the sum;
 * that of the host and a GPU, and of all GPUs at once, have no place in a Calibration.
 * https://github.com/microsoft/superbenchmark
 */
export function readGpuCopy({ lines }: GivenText): Part | null {
  const copies = gathered<CopyFigures>();
  const peers = gathered<PeerFigures>();
  const warnings = new Set<string>();
  const entry =
    /^\s*(?:gpu[-_]copy[-_]bw(?::\w{1,32})?\/)?((?:cpu|gpu)[a-z0-9_]{1,80}?)(?:_(?:uni|bi))?(?:_bw)?(?::\d{1,4})?[\s:=]+(\d{1,9}(?:\.\d+)?)$/;
  const read = lines.flatMap((line) => {
    const [, name, value] = entry.exec(line) ?? [];
    return name !== undefined && /_by_(?:sm|dma)/.test(name)
      ? [{ name, value: Number(value) }]
      : [];
  });
  // What was copied by DMA, and what was written, fills in first.
  const preferred = ({ name }: { name: string }): number =>
    (/_by_dma/.test(name) ? 0 : 2) + (/_read_/.test(name) ? 1 : 0);
  for (const { name, value } of read.toSorted((a, b) => preferred(a) - preferred(b))) {
    const rate = rateOf(value, GB);
    const [, to, from, node] =
      /^(?:cpu_to_gpu(\d{1,4})|gpu(\d{1,4})_to_cpu)_by_(?:sm|dma)_under_numa(\d{1,4})$/.exec(
        name,
      ) ?? [];
    if (node !== undefined) {
      const gpu = Number(to ?? from);
      const field = to === undefined ? "deviceToHostBytesPerSecond" : "hostToDeviceBytesPerSecond";
      copies.fill(`${node} ${gpu}`, () => copyFigures(Number(node), null, gpu), { [field]: rate });
      continue;
    }
    const [, a, how, b] =
      /^gpu(\d{1,4})_(to|and)_gpu(\d{1,4})(?:_(?:read|write))?_by_(?:sm|dma)$/.exec(name) ?? [];
    if (a !== undefined && a === b) continue;
    if (a === undefined || b === undefined) {
      warnings.add(
        /^(?:cpu_and|gpu\d+_and_cpu)/.test(name)
          ? "copies of the host and a GPU both ways at once are not used"
          : "copies of all GPUs at once are not used",
      );
      continue;
    }
    const field = how === "to" ? "bytesPerSecond" : "bothWaysBytesPerSecond";
    const [from2, to2] = [Number(a), Number(b)];
    peers.fill(`${a} ${b}`, () => peerFigures(from2, to2, new Map()), { [field]: rate });
    // The sum of both ways is that of the pair, in either order.
    if (how === "and") {
      peers.fill(`${b} ${a}`, () => peerFigures(to2, from2, new Map()), { [field]: rate });
    }
  }
  if (copies.all().length + peers.all().length === 0) return null;
  return {
    name: "gpu_copy",
    method: "SuperBench gpu_copy: copies of pinned memory, by DMA where it was measured",
    copies: copies.all(),
    peers: peers.all(),
    warnings: [...warnings],
  };
}
