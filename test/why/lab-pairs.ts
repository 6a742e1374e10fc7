import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { type PairRecord, withMachine } from "./pair-record.ts";

/** Two VMs that ran side by side on an emulated host, as `evenkeel evidence` recorded them. */
export interface LabPair {
  readonly name: string;
  readonly planted: readonly string[];
  /** What `why` said of the two while they ran. */
  readonly live: PairRecord["live"];
  readonly a: Evidence;
  readonly b: Evidence;
}

const folder = join(import.meta.dirname, "lab");

/** Reads JSON as a record, so that whatever is no evidence is refused. */
export const asEvidence = (value: unknown, name: string): Evidence =>
  readDocument(JSON.stringify(value), name, "Evidence");

const read = (file: string): string => readFileSync(join(folder, file), "utf8");

function pairIn(file: string): LabPair {
  const pair: PairRecord = JSON.parse(read(file));
  const machine: unknown = JSON.parse(read(`${pair.host}.machine.json`));
  const { name, planted, live } = pair;
  const [a, b] = [pair.a, pair.b].map((kept, i) =>
    asEvidence(withMachine(kept, machine), `${file} ${"ab"[i]}`),
  );
  if (a === undefined || b === undefined) throw new Error(`${file} has no two records`);
  return { name, planted, live, a, b };
}

const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

/** All pairs, by the names of their files. */
export const labPairs: readonly LabPair[] = files
  .filter((file) => !file.endsWith(".machine.json"))
  .map(pairIn);

/** The text of every file of the folder. */
export const keptTexts: readonly (readonly [string, string])[] = files.map((file) => [
  file,
  read(file),
]);

/** The pair of that name. */
export function labPair(name: string): LabPair {
  const found = labPairs.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no pair "${name}" in test/why/lab`);
  return found;
}
