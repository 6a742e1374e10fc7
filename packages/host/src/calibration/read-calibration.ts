import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { plainText } from "../text/plain-text.ts";
import { readLines } from "../text/read-lines.ts";
import { shown } from "../text/shown.ts";
import { commandWords } from "./command-nodes.ts";
import { readGpuCopy } from "./gpu-copy.ts";
import { readLatMemRd } from "./lat-mem-rd.ts";
import { readMlc } from "./mlc.ts";
import { readNvbandwidth } from "./nvbandwidth.ts";
import { readP2pTest } from "./p2p-bandwidth.ts";
import { calibrationOf, type Part, type ReadPart } from "./part.ts";
import { readRocmBandwidthTest } from "./rocm-bandwidth.ts";
import { readStream } from "./stream.ts";
import { readBandwidthTest, readHipBusBandwidth } from "./transfer-sizes.ts";

const readers: readonly ReadPart[] = [
  readMlc,
  readStream,
  readLatMemRd,
  readNvbandwidth,
  readP2pTest,
  readBandwidthTest,
  readHipBusBandwidth,
  readGpuCopy,
  readRocmBandwidthTest,
];

const expected =
  "the output of Intel's mlc, STREAM, lat_mem_rd, nvbandwidth, p2pBandwidthLatencyTest, " +
  "bandwidthTest, hipBusBandwidth, SuperBench's gpu_copy or rocm-bandwidth-test";

/**
 * Reads what a tool measured on a machine into a Calibration, from its output as a file has it or
 * as somebody pasted it: with prompts, color codes and other lines around it, in one part or
 * several, or cut off. What is complete is read; `warnings` says what is missing and what was not
 * used. Of several tools' outputs in one text, each gives what it measured.
 *
 * Nothing in such outputs identifies the machine: `topologyDigest` is null, for whoever knows where
 * the tool ran to fill in.
 *
 * @param where the text's name, for messages.
 *
 * Errors: `text-unexpected` where there is no figure of any of the tools, `file-too-large`.
 */
export function readCalibration(text: string, where: string): Calibration {
  const found =
    partsIn(readLines(text, where), where) ?? partsIn(readLines(plainText(text), where), where);
  if (found === null) throw unexpected(text, where);
  return found;
}

function partsIn(given: readonly string[], where: string): Calibration | null {
  const lines = given.map((line) => line.replace(/^(?:> ?){1,8}/, ""));
  const { cpuNode, memoryNode, host } = commandWords(lines);
  const parts = readers.flatMap((read) => read({ lines, cpuNode, memoryNode }) ?? []);
  const [only, ...others] = parts.filter(hasFigures);
  if (only === undefined) {
    const [vain] = parts;
    if (vain === undefined) return null;
    throw new EvenkeelError(
      "text-unexpected",
      `the output of ${vain.name} has no figure that can be used`,
      {
        where,
        expected: "a measurement of memory, of copies to accelerators, or between them",
        remedy: vain.warnings?.[0] ?? "give the complete output",
      },
    );
  }
  return calibrationOf(others.reduce(joined, only), host);
}

function hasFigures({
  memory = [],
  total = [],
  loaded = [],
  copies = [],
  peers = [],
}: Part): boolean {
  const isTold = (entry: object): boolean =>
    Object.entries(entry).some(
      ([name, value]) => /BytesPerSecond$|Ns$|Cores?$/i.test(name) && value !== null,
    );
  return total.length + loaded.length > 0 || [...memory, ...copies, ...peers].some(isTold);
}

/** Two tools' findings: of what both measured, the first's. */
function joined(a: Part, b: Part): Part {
  const first = <Item>(
    ours: readonly Item[] = [],
    theirs: readonly Item[] = [],
    keyOf: (item: Item) => string,
  ): readonly Item[] => {
    const known = new Set(ours.map(keyOf));
    return [...ours, ...theirs.filter((item) => !known.has(keyOf(item)))];
  };
  return {
    name: `${a.name}, ${b.name}`.slice(0, 64),
    version: null,
    method: `${a.method}; ${b.method}`,
    memory: first(a.memory, b.memory, (one) => `${one.initiator} ${one.target}`),
    total: first(a.total, b.total, (one) => one.traffic),
    loaded: first(a.loaded, b.loaded, (one) => `${one.initiator} ${one.target}`),
    copies: first(a.copies, b.copies, (one) => `${one.node} ${one.accelerator ?? one.index}`),
    peers: first(
      a.peers,
      b.peers,
      (one) => `${one.from ?? one.fromIndex} ${one.to ?? one.toIndex}`,
    ),
    warnings: [...(a.warnings ?? []), ...(b.warnings ?? [])],
  };
}

function unexpected(text: string, where: string): EvenkeelError {
  const line = /\S[^\n]{0,200}/.exec(text.slice(0, 65_536))?.[0] ?? "";
  const begins = shown(line, 60);
  return new EvenkeelError(
    "text-unexpected",
    begins === null ? "is empty" : `has no measurement that is known: it begins with "${begins}"`,
    { where, expected, remedy: "run mlc --latency_matrix, for example, and give what it prints" },
  );
}
