import type { CopyFigures, PeerFigures } from "@evenkeel/core/calibration/calibration.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { readCalibration } from "../calibration/read-calibration.ts";
import { runCommand } from "../machine/run-command.ts";

/** Copies between nodes' memory and accelerators, and between accelerators. */
export interface Copies {
  readonly copies: readonly CopyFigures[];
  readonly peers: readonly PeerFigures[];
  /** Sentences: what is missing, and why. */
  readonly warnings: readonly string[];
}

export interface CopiesOptions {
  /** Where to look for programs, as in `PATH`. */
  readonly path: string;
  /** The time that is left for all of it. */
  readonly timeMs: () => number;
  readonly signal: AbortSignal;
}

const program = "nvbandwidth";
const maxBytes = 4 * 1024 * 1024;
const msLeast = 5000;

/** Alone and with all accelerators at once, each way. */
const hostTests = [
  "host_to_device_memcpy_ce",
  "device_to_host_memcpy_ce",
  "host_to_all_memcpy_ce",
  "all_to_host_memcpy_ce",
];
const peerTests = ["device_to_device_memcpy_read_ce"];

/**
 * Measures copies by NVIDIA's nvbandwidth, where it is installed: to and from each node's memory,
 * which numactl binds it to, alone and all at once, and then between accelerators. The tool's own
 * binding to the CPUs nearest to each accelerator stays: what differs is the memory.
 *
 * @param topology this machine.
 */
export async function measureCopies(topology: Topology, options: CopiesOptions): Promise<Copies> {
  const none: Copies = { copies: [], peers: [], warnings: [] };
  if (topology.accelerators.length === 0) return none;
  const { path, signal, timeMs } = options;
  if ((await runCommand(program, ["--help"], path)).kind === "absent") {
    return { ...none, warnings: [notThere(topology.accelerators.length, program)] };
  }
  const nodes = topology.nodes.filter(({ memoryBytes }) => memoryBytes !== 0);
  const runs = [
    ...nodes.map(({ id }) => ({ node: id, tests: hostTests })),
    { node: null, tests: peerTests },
  ];
  const found = {
    copies: [] as CopyFigures[],
    peers: [] as PeerFigures[],
    warnings: [] as string[],
  };
  for (const { node, tests } of runs) {
    const what = node === null ? "between accelerators" : `with memory of node ${node}`;
    if (signal.aborted || timeMs() < msLeast) {
      found.warnings.push(`copies ${what}: there was no time for them; --time gives more`);
      continue;
    }
    const own = [program, "-t", ...tests];
    const words = node === null ? own : ["numactl", `--membind=${node}`, ...own];
    const [first = program, ...rest] = words;
    const result = await runCommand(first, rest, path, { timeoutMs: timeMs(), maxBytes });
    if (result.kind !== "ran") {
      const why = result.kind === "failed" ? result.why : `${first} is not installed here`;
      found.warnings.push(`copies ${what}: ${words.join(" ")}: ${why}`);
      continue;
    }
    const read = readOutput(`$ ${words.join(" ")}\n${result.stdout}`);
    if (typeof read === "string") found.warnings.push(`copies ${what}: ${read}`);
    else {
      found.copies.push(...read.copies);
      found.peers.push(...read.peers);
      found.warnings.push(...read.warnings);
    }
  }
  return found;
}

const notThere = (accelerators: number, missing: string): string =>
  `copies to ${accelerators === 1 ? "the accelerator" : `the ${accelerators} accelerators`} were not ` +
  `measured: ${missing} is not installed here`;

function readOutput(text: string): Copies | string {
  try {
    return readCalibration(text, program);
  } catch (error) {
    if (error instanceof EvenkeelError) return error.message;
    throw error;
  }
}
