import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type OpenbTrace,
  openbTraces,
  publishedSeeds,
  publishedShare,
} from "@evenkeel/simulate/openb/published.ts";
import { readOpenbNodes } from "@evenkeel/simulate/openb/read-nodes.ts";
import { readOpenbTasks } from "@evenkeel/simulate/openb/read-tasks.ts";
import { openbScenario, withNodes } from "@evenkeel/simulate/openb/scenario.ts";
import { nodeAware, policies } from "@evenkeel/simulate/policy/policies.ts";
import type { Policy } from "@evenkeel/simulate/policy/policy.ts";
import type { Outcome } from "@evenkeel/simulate/run/outcome.ts";
import { simulate } from "@evenkeel/simulate/run/simulate.ts";
import { figureOf, summaryOf } from "@evenkeel/simulate/run/summary.ts";
import type { Scenario } from "@evenkeel/simulate/run/scenario.ts";
import { at } from "@evenkeel/core/unit/list.ts";

/** A policy on a trace, over the ten published seeds. Shares are percentages of all GPUs. */
interface OpenbRow {
  readonly bench: "openb";
  readonly trace: OpenbTrace;
  /** Whether hosts of eight GPUs are two nodes of four. */
  readonly nodes: boolean;
  readonly policy: string;
  readonly share: number;
  readonly deviation: number;
  /** The share that the paper's authors publish; null where they publish none. */
  readonly published: number | null;
  /**
   * Its share less that of fgd, as the mean over the same seeds, and the seeds where it is more.
   */
  readonly aboveFgd: number;
  readonly seedsAboveFgd: number;
  readonly seeds: number;
  /** The mean share of all GPUs that is fragmented, until 100 % have arrived; null with nodes. */
  readonly fragmentation: number | null;
  /** Requests for eight GPUs, as means over seeds. */
  readonly wholeHostArrived: number;
  readonly wholeHostRefused: number;
  readonly wholeHostRefusedWhileFree: number;
  /** The percentage of placed VMs that have their flavor's signature. */
  readonly inSignature: number;
  readonly cpuMicrosecondsPerTask: number;
  /** The CPU time over that of fgd in the same run. */
  readonly cpuRatioToFgd: number;
}

const root = process.env["EVENKEEL_CORPUS"] ?? resolve(import.meta.dirname, "../../shared/data");

/**
 * The published experiment (openb traces) with every policy, seed by seed in turn, then again with
 * NUMA nodes. There, policies that know no nodes also run in a variant that does (`+numa`), except
 * `random` and `spread`. Evenkeel's rule was chosen among its variants on other seeds (1 to 16);
 * these ten were only ever reported.
 */
export function benchOpenb(json: boolean): string {
  const folder = join(root, "traces");
  if (!existsSync(folder)) {
    console.error(`there is no corpus at ${root}: name its folder in EVENKEEL_CORPUS`);
    return "";
  }
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const hosts = readOpenbNodes(read("openb_node_list_gpu_node.csv"), "nodes");
  const rows = openbTraces.flatMap((trace) => {
    const tasks = readOpenbTasks(read(`openb_pod_list_${trace}.csv`), trace);
    const scenario = openbScenario(trace, hosts, tasks);
    const aware = policies
      .filter(({ name, knowsNodes }) => !knowsNodes && name !== "random" && name !== "spread")
      .map(nodeAware);
    return [
      ...measured(scenario, trace, false, policies),
      ...measured(withNodes(scenario), trace, true, [...policies, ...aware]),
    ];
  });
  return json ? rows.map((row) => `${JSON.stringify(row)}\n`).join("") : rows.map(line).join("");
}

interface Run {
  readonly policy: Policy;
  readonly outcomes: Outcome[];
  cpu: number;
  tasks: number;
}

function measured(
  scenario: Scenario,
  trace: OpenbTrace,
  nodes: boolean,
  compared: readonly Policy[],
): readonly OpenbRow[] {
  const runs = compared.map((policy): Run => ({ policy, outcomes: [], cpu: 0, tasks: 0 }));
  for (const seed of publishedSeeds) {
    for (const run of runs) {
      const watch = timed(run.policy);
      const outcome = simulate(scenario, watch.policy, seed, { fragmentation: !nodes });
      run.outcomes.push(outcome);
      run.cpu += watch.microseconds();
      run.tasks += outcome.arrived;
    }
    console.error(`${trace}${nodes ? " with nodes" : ""}: seed ${seed} done`);
  }
  const fgd = runs.find(({ policy }) => policy.name === "fgd");
  if (fgd === undefined) throw new Error("fgd, which all are compared with, is not among them");
  return runs.map(({ policy, outcomes, cpu, tasks }): OpenbRow => {
    const summary = summaryOf(outcomes);
    const differences = outcomes.map(
      ({ finalShare }, i) => finalShare - at(fgd.outcomes, i).finalShare,
    );
    return {
      bench: "openb",
      trace,
      nodes,
      policy: policy.name,
      share: percent(summary.finalShare.mean),
      deviation: percent(summary.finalShare.deviation),
      published: nodes ? null : publishedShare(trace, policy.name),
      aboveFgd: percent(figureOf(differences).mean),
      seedsAboveFgd: differences.filter((difference) => difference > 0).length,
      seeds: outcomes.length,
      fragmentation:
        summary.meanFragmentation === null ? null : percent(summary.meanFragmentation.mean),
      wholeHostArrived: rounded(summary.wholeHostArrived.mean, 10),
      wholeHostRefused: rounded(summary.wholeHostRefused.mean, 10),
      wholeHostRefusedWhileFree: rounded(summary.wholeHostRefusedWhileFree.mean, 10),
      inSignature: percent(summary.inSignature.mean),
      cpuMicrosecondsPerTask: rounded(cpu / tasks, 10),
      cpuRatioToFgd: rounded(cpu / tasks / (fgd.cpu / fgd.tasks), 100),
    };
  });
}

/** A policy with a stop watch for the process' CPU time around its decisions. */
function timed(policy: Policy): {
  readonly policy: Policy;
  readonly microseconds: () => number;
} {
  let total = 0;
  const start: Policy["start"] = (setting) => {
    const placer = policy.start(setting);
    return {
      choose: (task) => {
        const before = process.cpuUsage();
        const choice = placer.choose(task);
        const { user, system } = process.cpuUsage(before);
        total += user + system;
        return choice;
      },
    };
  };
  return { policy: { ...policy, start }, microseconds: () => total };
}

function percent(share: number): number {
  return rounded(share * 100, 100);
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

function line(row: OpenbRow, i: number, rows: readonly OpenbRow[]): string {
  const before = rows[i - 1];
  const isFirst = before?.trace !== row.trace || before.nodes !== row.nodes;
  const cells = [
    row.policy.padEnd(15),
    `${row.share.toFixed(2)} ±${row.deviation.toFixed(2)}`.padStart(12),
    (row.published?.toFixed(2) ?? "").padStart(9),
    `${row.aboveFgd >= 0 ? "+" : ""}${row.aboveFgd.toFixed(2)} (${row.seedsAboveFgd}/${row.seeds})`.padStart(
      14,
    ),
    (row.fragmentation?.toFixed(2) ?? "").padStart(7),
    `${row.wholeHostRefusedWhileFree}/${row.wholeHostRefused}/${row.wholeHostArrived}`.padStart(17),
    row.inSignature.toFixed(1).padStart(8),
    `${row.cpuMicrosecondsPerTask.toFixed(1)} (${row.cpuRatioToFgd.toFixed(2)})`.padStart(14),
  ];
  const heading =
    `${i === 0 ? "" : "\n"}${row.trace}${row.nodes ? ", hosts of eight GPUs as two nodes" : ""}\n` +
    "policy           GPU share %  published    above fgd    frag %  8 GPUs refused*   in sig.  µs a task (of fgd)\n";
  const note =
    i === rows.length - 1 ? "\n* while as many were free / in all / arrived, mean of a seed\n" : "";
  return `${isFirst ? heading : ""}${cells.join(" ").trimEnd()}\n${note}`;
}
