import { report, type Row } from "./report.ts";

/**
 * `npm run bench -- NAME [--json]`: one benchmark by name. Every figure is a ratio against a peer
 * or a limit measured in the same run; nothing here passes or fails.
 */
const benches: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  placement: async () => (await import("./placement.ts")).benchPlacement(),
  startup: async () => (await import("./startup.ts")).benchStartup(),
  topology: async () => (await import("./topology.ts")).benchTopology(),
};

const args = process.argv.slice(2);
const json = args.includes("--json");
const name = args.find((arg) => arg !== "--json") ?? "";
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join("|")} [--json]`);
  process.exitCode = 2;
} else {
  process.stdout.write(report(await bench(), json));
}
