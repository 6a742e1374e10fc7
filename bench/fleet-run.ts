import { at } from "@evenkeel/core/unit/list.ts";
import { driveFleet } from "./fleet-drive.ts";
import { fleetMixes } from "./fleet-mixes.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/**
 * `node --expose-gc fleet-run.ts HOSTS MIX DECISIONS`: one fleet in a process of its own, so that
 * its memory can be measured. Prints one JSON object.
 */
const [hosts = "100", name = "usual", decisions = "2000"] = process.argv.slice(2);
const mix = fleetMixes[name]?.();
if (mix === undefined) throw new Error(`there is no mix ${name}`);
const collect =
  globalThis.gc ??
  ((): never => {
    throw new Error("run it with --expose-gc");
  });
/** Collects several times: the next collection may free buffers that this one released. */
const heldBytes = (): number => {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const before = heldBytes();
const drive = driveFleet(Number(hosts), mix);
const filledHostClasses = drive.hostClasses();
for (let i = 0; i < Number(decisions) / 4; i++) drive.step();
const decided: number[] = [];
for (let i = 0; i < Number(decisions); i++) decided.push(drive.timedStep());
const started = performance.now();
for (let i = 0; i < Number(decisions); i++) drive.step();
const stepMs = (performance.now() - started) / Number(decisions);
decided.sort((a, b) => a - b);
const quantile = (part: number): number => at(decided, Math.floor(decided.length * part));
const held = heldBytes() - before;
console.log(
  JSON.stringify({
    hosts: Number(hosts),
    vms: drive.vms(),
    refused: drive.refused(),
    filledHostClasses,
    hostClasses: drive.hostClasses(),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    meanMs: sum(decided) / decided.length,
    /** With the arrival, the departures and garbage collection. */
    stepMs,
    kibPerHost: held / 1024 / Number(hosts),
  }),
);
