import type { CopyFigures, PeerFigures } from "@evenkeel/core/calibration/calibration.ts";
import { missingFrom, readMatrix, visitCells } from "./matrix.ts";
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
 * Reads the output of AMD's `rocm-bandwidth-test`: copies between all devices, from row to column.
 * Its first devices are the processors' NUMA nodes, in order; GPUs are numbered here from 0, as
 * ROCm's other tools number them. It prints their addresses without a domain, so these are not
 * used. https://github.com/ROCm/rocm_bandwidth_test
 */
export function readRocmBandwidthTest({ lines }: GivenText): Part | null {
  const devices = devicesIn(lines);
  const copies = gathered<CopyFigures>();
  const peers = gathered<PeerFigures>();
  const warnings: string[] = [];
  let version: string | null = null;
  let isRead = false;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    version ??= /RocmBandwidthTest Version:\s*([\d.]{1,16})/i.exec(line)?.[1] ?? null;
    const direction = /^\s*(Unid|Bid|Bd)irectional copy peak bandwidth GB\/s/i.exec(line)?.[1];
    if (direction === undefined) continue;
    const matrix = readMatrix(
      lines,
      nextLine(lines, at + 1),
      /^\s*D\/D\s+((?:\d{1,4}\s+)*\d{1,4})$/,
    );
    if (matrix === null) continue;
    isRead = true;
    at = matrix.end - 1;
    warnings.push(...missingFrom(matrix, "the copies"));
    const isOneWay = /^Unid/i.test(direction);
    visitCells(matrix, (row, column, value) => {
      const [from, to, rate] = [devices.get(row), devices.get(column), rateOf(value, GB)];
      if (from === undefined || to === undefined || row === column) return;
      if (from.isGpu && to.isGpu) {
        const field = isOneWay ? "bytesPerSecond" : "bothWaysBytesPerSecond";
        peers.fill(`${row} ${column}`, () => peerFigures(from.number, to.number, new Map()), {
          [field]: rate,
        });
      } else if (isOneWay && from.isGpu !== to.isGpu) {
        const [cpu, gpu] = from.isGpu ? [to, from] : [from, to];
        const field = from.isGpu ? "deviceToHostBytesPerSecond" : "hostToDeviceBytesPerSecond";
        const make = () => copyFigures(cpu.number, null, gpu.number);
        copies.fill(`${cpu.number} ${gpu.number}`, make, { [field]: rate });
      }
    });
  }
  if (!isRead || copies.all().length + peers.all().length === 0) return null;
  return {
    name: "rocm-bandwidth-test",
    version,
    method:
      "rocm-bandwidth-test: the peak of copies of all sizes; its processors are nodes in order",
    copies: copies.all(),
    peers: peers.all(),
    warnings,
  };
}

interface Device {
  readonly isGpu: boolean;
  /** Among those of its kind, from 0. */
  readonly number: number;
}

/** `Device: 2,  AMD Instinct MI210,  GPU-06c9d21390bc2e70,  05:0.0`; processors have no address. */
function devicesIn(lines: readonly string[]): ReadonlyMap<number, Device> {
  const devices = new Map<number, Device>();
  const counts = { cpu: 0, gpu: 0 };
  for (const line of lines) {
    const [, id, rest = ""] = /^\s*Device:\s*(\d{1,4}),\s*(\S.{0,300})$/.exec(line) ?? [];
    if (id === undefined || devices.has(Number(id))) continue;
    const isGpu = /,\s*[0-9a-f]{1,4}:[0-9a-f]{1,2}\.[0-7]$/i.test(rest) || /\bGPU-/.test(rest);
    devices.set(Number(id), { isGpu, number: isGpu ? counts.gpu++ : counts.cpu++ });
  }
  return devices;
}

function nextLine(lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, i) => i >= from && /\S/.test(line));
  return found < 0 ? from : found;
}
