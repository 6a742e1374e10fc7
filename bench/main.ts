import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type Figure, report, type Row } from "./report.ts";

/**
 * `npm run bench -- NAME [--json]`: one benchmark by name; `model` takes `--tables FILE`. Every
 * figure is a ratio against a peer or a limit measured in the same run; nothing here passes or
 * fails.
 */
const benches: Readonly<Record<string, () => Promise<readonly (Row | Figure)[]>>> = {
  evidence: async () => [
    ...(await (await import("./evidence.ts")).benchEvidence()),
    ...(await (await import("./evidence-process.ts")).benchProcess()),
    ...(await import("./evidence-records.ts")).benchRecords(),
  ],
  exec: async () => (await import("./exec.ts")).benchExec(),
  fleet: async () => (await import("./fleet.ts")).benchFleet(),
  forecast: async () => (await import("./forecast.ts")).benchForecast(),
  measure: async () => (await import("./measure.ts")).benchMeasure(),
  placement: async () => (await import("./placement.ts")).benchPlacement(),
  startup: async () => (await import("./startup.ts")).benchStartup(),
  topology: async () => (await import("./topology.ts")).benchTopology(),
};

/** Benchmarks with other figures, and so with a table of their own. */
const tables: Readonly<
  Record<string, (json: boolean, args: readonly string[]) => Promise<string>>
> = {
  compaction: async (asJson) => (await import("./compaction.ts")).benchCompaction(asJson),
  model: async (asJson, rest) => (await import("./model.ts")).benchModel(asJson, rest),
  openb: async (asJson) => (await import("./openb.ts")).benchOpenb(asJson),
};

const args = process.argv.slice(2).flatMap((arg) => {
  const [, file] = /^--tables=(.+)$/.exec(arg) ?? [];
  return file === undefined ? [arg] : ["--tables", file];
});
const json = args.includes("--json");
const name = args.find((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--tables") ?? "";
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
try {
  if (table !== undefined) {
    process.stdout.write(await table(json, args));
  } else if (bench === undefined) {
    const names = [...Object.keys(benches), ...Object.keys(tables)].toSorted();
    console.error(`usage: npm run bench -- ${names.join("|")} [--json] [--tables FILE]`);
    process.exitCode = 2;
  } else {
    process.stdout.write(report(await bench(), json));
  }
} catch (error) {
  if (!(error instanceof EvenkeelError)) throw error;
  const { message, where, expected, remedy } = error;
  console.error(`${where === null ? "" : `${where}: `}${message}`);
  if (expected !== null) console.error(`expected: ${expected}`);
  if (remedy !== null) console.error(`try: ${remedy}`);
  process.exitCode = 2;
}
