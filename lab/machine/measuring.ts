import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { isSubset } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { compilingWords, evenkeelProgram, type Host } from "./host.ts";
import { words } from "./words.ts";

/**
 * Runs `evenkeel measure` and looks at its crews in /proc meanwhile: a shell writes down every line
 * of numa_maps with as many pages as a buffer has.
 *
 * @param within a command line of the shell before it, such as to enter a cgroup.
 */
export async function measureOn(
  host: Host,
  asked: readonly string[],
  within = ":",
): Promise<{ readonly calibration: Calibration; readonly seen: string }> {
  const measure = words("measure", "--full", "--memory", "64Mi", ...asked, "--output", "json");
  const line = [evenkeelProgram, ...compilingWords, ...measure].join(" ");
  const script = `
    ${within}
    ${line} >/tmp/measured.json 2>/tmp/measured.err &
    measured=$!
    while [ -d /proc/$measured ]; do
      for crew in $(grep -lz measure/crew/main /proc/[0-9]*/cmdline 2>/dev/null); do
        grep -E 'N[0-9]+=[0-9]{4}| huge ' "\${crew%cmdline}numa_maps" 2>/dev/null
      done
      sleep 2
    done
    wait $measured || cat /tmp/measured.err >&2`;
  const seen = await host.ok("/bin/sh", ["-c", script], { timeoutMs: 800_000 });
  const text = await host.read("/tmp/measured.json");
  return { calibration: JSON.parse(text), seen };
}

/** Of each measured pair: whether its threads were on CPUs of its node, and its pages' nodes. */
export function placesIn(
  { memory }: Calibration,
  cpusOf: Readonly<Record<number, string>>,
): readonly unknown[] {
  return memory.map(({ initiator, target, witness }) => {
    const own = setOf(cpusOf[Number(initiator)] ?? "");
    const cpus = witness !== null && witness.cpus !== "" && isSubset(setOf(witness.cpus), own);
    return { pair: `${initiator}-${target}`, cpus, nodes: witness?.pages.map(({ node }) => node) };
  });
}

/**
 * The nodes that buffers were on, and the lines of those that were on several. A buffer has 8 MiB
 * on emulated CPUs, in huge pages that are set apart, or in others, of which numa_maps counts the
 * base ones.
 */
export function watchedCrews(seen: string): {
  readonly nodes: readonly number[];
  readonly mixed: readonly string[];
} {
  const nodesOf = (line: string): readonly number[] =>
    [...line.matchAll(/ N(\d+)=\d+/g)].map(([, node]) => Number(node));
  const lines = seen.split("\n").filter((line) => {
    const pages = [...line.matchAll(/ N\d+=(\d+)/g)].map(([, count]) => Number(count));
    const all = sumOf(pages, (count) => count);
    return line.includes(" huge ") ? all === 4 : all >= 2048 && all < 2560;
  });
  const nodes = [...new Set(lines.flatMap(nodesOf))].toSorted((a, b) => a - b);
  return { nodes, mixed: lines.filter((line) => nodesOf(line).length > 1) };
}
