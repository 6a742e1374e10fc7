import { type Figure, report, type Row } from "./report.ts";

/**
 * `npm run bench -- NAME [--json]`: one benchmark by name. Every figure is a ratio against a peer
 * or a limit measured in the same run; nothing here passes or fails.
 */
const benches: Readonly<Record<string, () => Promise<readonly (Row | Figure)[]>>> = {
  evidence: async () => [
    ...(await (await import("./evidence.ts")).benchEvidence()),
    ...(await (await import("./evidence-process.ts")).benchProcess()),
    ...(await import("./evidence-records.ts")).benchRecords(),
  ],
  exec: async () => (await import("./exec.ts")).benchExec(),
  fleet: async () => (await import("./fleet.ts")).benchFleet(),
  measure: async () => (await import("./measure.ts")).benchMeasure(),
  placement: async () => (await import("./placement.ts")).benchPlacement(),
  startup: async () => (await import("./startup.ts")).benchStartup(),
  topology: async () => (await import("./topology.ts")).benchTopology(),
};

/** Benchmarks with other figures, and so with a table of their own. */
const tables: Readonly<Record<string, (json: boolean) => Promise<string>>> = {
  compaction: async (asJson) => (await import("./compaction.ts")).benchCompaction(asJson),
  openb: async (asJson) => (await import("./openb.ts")).benchOpenb(asJson),
};

const args = process.argv.slice(2);
const json = args.includes("--json");
const name = args.find((arg) => arg !== "--json") ?? "";
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
if (table !== undefined) {
  process.stdout.write(await table(json));
} else if (bench === undefined) {
  const names = [...Object.keys(benches), ...Object.keys(tables)].toSorted();
  console.error(`usage: npm run bench -- ${names.join("|")} [--json]`);
  process.exitCode = 2;
} else {
  process.stdout.write(report(await bench(), json));
}
