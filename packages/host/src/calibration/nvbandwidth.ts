import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { CopyFigures, Measured, PeerFigures } from "@evenkeel/core/calibration/calibration.ts";
import { missingFrom, readMatrix, visitCells } from "./matrix.ts";
import {
  copyFigures,
  GB,
  gathered,
  type GivenText,
  latencyOf,
  type Part,
  peerFigures,
  rateOf,
} from "./part.ts";
import { nvbandwidthText } from "./nvbandwidth-json.ts";

/**
 * Reads the output of NVIDIA's nvbandwidth, its text or its JSON: copies between host memory and
 * each GPU, alone and while all copy, copies between GPUs, and latencies between them. Each number
 * is the median of the tool's own repetitions, whose spread it does not print. Copies by the copy
 * engine (`ce`) go before those by a kernel (`sm`).
 *
 * nvbandwidth allocates host memory near each GPU, wherever that is, so the node is known only
 * where a command line before the output sets it (`numactl -m 1 nvbandwidth`), or where rows are
 * several. https://github.com/NVIDIA/nvbandwidth
 */
export function readNvbandwidth({ lines: given, memoryNode }: GivenText): Part | null {
  const lines = nvbandwidthText(given) ?? given;
  const copies = gathered<CopyFigures>();
  const peers = gathered<PeerFigures>();
  const warnings: string[] = [];
  const unused = new Set<string>();
  const addresses = addressesIn(lines);
  let version: string | null = null;
  let test: string | null = null;
  let isRead = false;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    version ??= /nvbandwidth Version:\s*(v?[\w.-]{1,32})/.exec(line)?.[1] ?? null;
    test = /^\s*Running (\w{1,64})\.?$/.exec(line)?.[1] ?? test;
    // Words such as these stand above a matrix.
    const title = /^\s*(?:mem(?:cpy|ory)|device|host)\b.*(?:\(row\)|\(column\)|\((?:GB\/s|ns)\))/i;
    if (test === null || !title.test(line)) continue;
    const matrix = readMatrix(lines, at + 1, /^\s*((?:\d{1,4}\s+)*\d{1,4})$/);
    if (matrix === null) continue;
    isRead = true;
    at = matrix.end - 1;
    warnings.push(...missingFrom(matrix, test));
    const found = fieldOf(test, line);
    if (found === null) {
      unused.add(test);
      continue;
    }
    const isSeveral = matrix.rows.length > 1;
    visitCells(matrix, (row, column, value) => {
      if (found.of === "copy") {
        const node = isSeveral ? row : memoryNode;
        const make = () => copyFigures(node, addresses.get(column) ?? null, column);
        copies.fill(`${node} ${column}`, make, { [found.field]: rateOf(value, GB) });
        return;
      }
      if (row === column) return;
      const [from, to] = found.isReverse ? [column, row] : [row, column];
      const figure: Measured | null =
        found.field === "latencyNs" ? latencyOf(value) : rateOf(value, GB);
      peers.fill(`${from} ${to}`, () => peerFigures(from, to, addresses), {
        [found.field]: figure,
      });
    });
  }
  if (!isRead) return null;
  if (unused.size > 0) warnings.push(`not used: ${[...unused].join(", ")}`);
  if (copies.all().some(({ node }) => node === null)) {
    warnings.push(
      "the output does not tell which node's memory was copied: run it under numactl -m 0, and again for each node",
    );
  }
  return {
    name: "nvbandwidth",
    version,
    method: "nvbandwidth: copies of pinned memory, by the copy engine where it was measured",
    copies: copies.all(),
    peers: peers.all(),
    warnings,
  };
}

type Field =
  | { readonly of: "copy"; readonly field: keyof CopyFigures }
  | { readonly of: "peer"; readonly field: keyof PeerFigures; readonly isReverse: boolean };

const copyTests: ReadonlyMap<string, keyof CopyFigures> = new Map([
  ["host_to_device", "hostToDeviceBytesPerSecond"],
  ["device_to_host", "deviceToHostBytesPerSecond"],
  ["host_to_all", "togetherHostToDeviceBytesPerSecond"],
  ["all_to_host", "togetherDeviceToHostBytesPerSecond"],
]);

/**
 * Where the figures of a test belong; null where a Calibration has no place for them. Of copies
 * between GPUs the row is the GPU that copies, so data goes to it where it reads and from it where
 * it writes. The arrows of nvbandwidth's titles point the other way (`testcases_ce.cpp`).
 */
function fieldOf(test: string, title: string): Field | null {
  const copy = copyTests.get(/^(\w+?)_memcpy_(?:ce|sm)$/.exec(test)?.[1] ?? "");
  if (copy !== undefined) return { of: "copy", field: copy };
  const way = /^device_to_device_memcpy_(read|write)_(?:ce|sm)$/.exec(test)?.[1];
  if (way !== undefined) {
    return { of: "peer", field: "bytesPerSecond", isReverse: way === "read" };
  }
  if (test.startsWith("device_to_device_bidirectional_memcpy_") && /\btotal\b/i.test(title)) {
    return { of: "peer", field: "bothWaysBytesPerSecond", isReverse: false };
  }
  return test === "device_to_device_latency_sm"
    ? { of: "peer", field: "latencyNs", isReverse: false }
    : null;
}

/** `Device 0: NVIDIA GH200 480GB (00000009:01:00)`; the function is always 0. */
function addressesIn(lines: readonly string[]): ReadonlyMap<number, string> {
  const device =
    /^\s*(?:Device )?(\d{1,4}): .{1,200}\(([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2}):([0-9a-fA-F]{2})(?:\.0)?\)/;
  const found = lines.flatMap((line): [number, string][] => {
    const [, index, domain, bus, slot] = device.exec(line) ?? [];
    if (index === undefined || domain === undefined) return [];
    const address = `${domain.replace(/^0000(?=....$)/, "")}:${bus}:${slot}.0`.toLowerCase();
    return isPciAddress(address) ? [[Number(index), address]] : [];
  });
  return new Map(found);
}
