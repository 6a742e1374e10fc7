import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attemptAt } from "./attempts.ts";
import { type Findings, runTarget } from "./run-target.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";

/**
 * `npm run fuzz -- [READER…] [--runs N] [--seed S]`: runs readers with mutated inputs. Each run
 * must end in a topology without contradictions or in a coded error, within 50 ms of CPU time and
 * 50 µs for each byte, at most 2 s, and 512 MB; any other input is written to `out/fuzz/`. The same
 * seed gives the same inputs.
 */
const usage = `usage: npm run fuzz -- [${targets.map(({ name }) => name).join("|")}]… [--runs N] [--seed S]`;

const runsByDefault = 100_000;

function readArguments(): { chosen: readonly Target[]; runs: number; seed: number } | null {
  const count = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null);
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { runs: { type: "string" }, seed: { type: "string" } },
    });
    const runs = count(values.runs ?? `${runsByDefault}`);
    const seed = count(values.seed ?? `${Date.now() % 1_000_000}`);
    const chosen = targets.filter(({ name }) => positionals.includes(name));
    if (runs === null || seed === null || chosen.length !== new Set(positionals).size) return null;
    return { chosen: chosen.length === 0 ? targets : chosen, runs, seed };
  } catch {
    return null;
  }
}

/** Makes the run's input again and writes it to a file. */
async function keep(target: Target, seed: number, run: number): Promise<string> {
  const folder = join(import.meta.dirname, "../out/fuzz");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${target.name}-${seed}-${run}`);
  const attempt = attemptAt(await target.prepare(), target.name, seed, run);
  writeFileSync(path, attempt.input());
  return path;
}

async function fuzz(target: Target, runs: number, seed: number): Promise<Findings> {
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const line = (text: string): void => void process.stdout.write(`\r\u001b[K${text}`);
  const onProgress = (run: number): void => {
    if (process.stdout.isTTY) line(`${target.name}: ${run} of ${runs} in ${seconds()} s`);
  };
  const findings = await runTarget(target.name, { seed, runs, onProgress });
  if (process.stdout.isTTY) line("");
  const { results, slowestMs, faults } = findings;
  const common = [...results].toSorted((a, b) => b[1] - a[1]).map(([name, n]) => `${n} ${name}`);
  console.log(
    `${target.name}: ${findings.runs} inputs in ${seconds()} s, seed ${seed}, ` +
      `slowest ${slowestMs.toFixed(0)} ms: ${common.join(", ")}`,
  );
  for (const { run, what } of faults) {
    console.log(`  run ${run}: ${what.split("\n").slice(0, 4).join("\n    ")}`);
    console.log(`    input: ${await keep(target, seed, run)}`);
  }
  return findings;
}

const options = readArguments();
if (options === null) {
  console.error(usage);
  process.exitCode = 2;
} else {
  let found = 0;
  for (const target of options.chosen) {
    found += (await fuzz(target, options.runs, options.seed)).faults.length;
  }
  console.log(found === 0 ? "nothing found" : `${found} found`);
  process.exitCode = found === 0 ? 0 : 1;
}
