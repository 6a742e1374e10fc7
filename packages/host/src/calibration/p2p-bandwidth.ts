import type { PeerFigures } from "@evenkeel/core/calibration/calibration.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { missingFrom, readMatrix, visitCells } from "./matrix.ts";
import { GB, gathered, type GivenText, latencyOf, type Part, peerFigures, rateOf } from "./part.ts";

/**
 * Reads the output of NVIDIA's `p2pBandwidthLatencyTest`: copies between GPUs in one direction and
 * in both, and their latency. A row is the GPU that copies: data goes from row to column where it
 * writes, and from column to row with `--p2p_read`. What was measured with peer access goes before
 * what was measured without, which goes through the host. A GPU's copies within its own memory
 * say nothing of distance.
 * https://github.com/NVIDIA/cuda-samples (Samples/5_Domain_Specific/p2pBandwidthLatencyTest)
 */
export function readP2pTest({ lines }: GivenText): Part | null {
  const peers = gathered<PeerFigures>();
  const withoutAccess = gathered<PeerFigures>();
  const warnings: string[] = [];
  const addresses = addressesIn(lines);
  let isRead = false;
  const bandwidth =
    /^\s*(Uni|Bi)directional P2P=(Enabled|Disabled) Bandwidth(?: \(P2P \w{1,16}\))? Matrix \(GB\/s\)/;
  const latency = /^\s*P2P=(Enabled|Disabled) Latency(?: \(P2P \w{1,16}\))? Matrix \(us\)/;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const [, direction, access = latency.exec(line)?.[1]] = bandwidth.exec(line) ?? [];
    if (access === undefined) continue;
    const matrix = readMatrix(lines, at + 1, /^\s*(?:D\\D|GPU)\s+((?:\d{1,4}\s+)*\d{1,4})$/);
    if (matrix === null) continue;
    isRead = true;
    at = matrix.end - 1;
    const what = direction === undefined ? "latencies" : "bandwidths";
    warnings.push(...missingFrom(matrix, `the ${what}`));
    const into = access === "Enabled" ? peers : withoutAccess;
    const readsPeer = /\(P2P Reads\)/.test(line);
    visitCells(matrix, (row, column, value) => {
      if (row === column) return;
      const [from, to] = readsPeer ? [column, row] : [row, column];
      const known: Partial<PeerFigures> =
        direction === undefined
          ? { latencyNs: latencyOf(Math.round(value * 1e6) / 1e3) }
          : direction === "Uni"
            ? { bytesPerSecond: rateOf(value, GB) }
            : { bothWaysBytesPerSecond: rateOf(value, GB) };
      into.fill(`${from} ${to}`, () => peerFigures(from, to, addresses), known);
    });
  }
  if (!isRead) return null;
  const isDirect = peers.all().length > 0;
  if (!isDirect && withoutAccess.all().length > 0) {
    warnings.push("it was measured without peer access: copies went through the host");
  }
  return {
    name: "p2pBandwidthLatencyTest",
    method: `p2pBandwidthLatencyTest: copies between GPUs, ${isDirect ? "with" : "without"} peer access`,
    peers: isDirect ? peers.all() : withoutAccess.all(),
    warnings,
  };
}

/**
 * `Device: 0, NVIDIA A100-SXM4-80GB, pciBusID: 7, pciDeviceID: 0, pciDomainID:0`, in hexadecimal.
 */
function addressesIn(lines: readonly string[]): ReadonlyMap<number, string> {
  const device =
    /^\s*Device: (\d{1,4}), .{1,200}, pciBusID: ([0-9a-f]{1,2}), pciDeviceID: ([0-9a-f]{1,2}), pciDomainID:\s?([0-9a-f]{1,8})$/;
  const found = lines.flatMap((line): [number, string][] => {
    const [, index, bus = "", slot = "", domain = ""] = device.exec(line) ?? [];
    const address = `${domain.padStart(4, "0")}:${bus.padStart(2, "0")}:${slot.padStart(2, "0")}.0`;
    return index !== undefined && isPciAddress(address) ? [[Number(index), address]] : [];
  });
  return new Map(found);
}
