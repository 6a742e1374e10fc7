import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { examine } from "@evenkeel/core/explain/examine.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { fullHost } from "@evenkeel/core/testing/explain/full-host.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { cpuTime, interleave, median, type Timing } from "./interleave.ts";
import { type Figure, type Row, row } from "./report.ts";

const count = 64;

/** Doctor is to answer for as many records within two seconds. */
const limitMs = 2000;
const rounds = 5;

/** Machines and a record of each of their VMs. */
const machines = (): readonly {
  readonly name: string;
  readonly records: readonly Evidence[];
}[] => [
  {
    name: "one neighbour each",
    records: Array.from({ length: count }, (_, i) => {
      return { ...cleanVm(i % 2 === 0 ? 0 : 1), name: `vm-${i}` };
    }),
  },
  { name: "63 neighbours each on an HGX H200", records: fullHost() },
];

/**
 * What 64 records of VMs cost: `evenkeel doctor` over all of them as a command, from its start to
 * its end, and the CPU time of its parts. Reading a record is compared with `JSON.parse` of it,
 * without which none can be read: the rest is refusing what is no record.
 */
export function benchRecords(): readonly (Row | Figure)[] {
  return machines().flatMap(({ name, records }) => costsOf(name, records));
}

function costsOf(name: string, records: readonly Evidence[]): readonly (Row | Figure)[] {
  const texts = records.map((record) => `${JSON.stringify(record, null, 2)}\n`);
  const readAll = (): readonly Evidence[] =>
    texts.map((text, i) => readDocument(text, `${i}.json`, "Evidence"));
  const of = `${count} records, ${name}`;
  const [parse, read] = interleave(
    [
      { name: `JSON.parse of ${of}`, run: () => void texts.map((text) => JSON.parse(text)) },
      { name: `reading ${of}`, run: () => void readAll() },
    ],
    rounds,
  );
  if (parse === undefined || read === undefined) return [];
  const known = readAll();
  const pairs = known.slice(1).map((one, i) => [at(known, i), one] as const);
  const figure = (subject: string, value: number, unit: string, limit: number | null): Figure => {
    const goal = limit === null ? null : { atMost: limit };
    return { bench: "evidence", subject, value, unit, goal };
  };
  const cpu = (what: string, share: number, run: () => void): Figure =>
    figure(`CPU time of ${what}, ${name}`, cpuTime(rounds, run) / share, "ms", null);
  return [
    row("evidence", parse, parse, null),
    row("evidence", read, parse, null),
    cpu("reading a record", count, () => void readAll()),
    // What is worked out once for a machine is kept by its identity: each round reads anew.
    figure(
      `CPU time of diagnosing a record, ${name}`,
      (cpuTime(rounds, () => void examine("host", readAll())) - cpuTime(rounds, readAll)) / count,
      "ms",
      null,
    ),
    cpu("explaining a pair", pairs.length, () => pairs.forEach(([a, b]) => explain(a, b))),
    ...doctorOver(texts).map((timing) =>
      figure(`${timing.name} over ${of}`, median(timing), "ms", limitMs),
    ),
  ];
}

/** Makes a program tell at its end how much CPU time it took, in microseconds. */
const tellsCpu =
  "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();" +
  "process.stderr.write(String(user+system))})";

/** The time of the command over files with these texts, and its CPU time. */
function doctorOver(texts: readonly string[]): readonly Timing[] {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  try {
    const files = texts.map((text, i) => {
      const file = join(folder, `${i}.json`);
      writeFileSync(file, text);
      return file;
    });
    const binary = join(import.meta.dirname, "../packages/cli/bin/evenkeel.mjs");
    const cpu: number[] = [];
    const run = (): void => {
      const args = ["--import", tellsCpu, binary, "doctor", ...files];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`doctor ended with ${status}: ${stderr}`);
      cpu.push(Number(stderr) / 1000);
    };
    const [command] = interleave([{ name: "evenkeel doctor", run }], rounds);
    if (command === undefined) return [];
    return [
      command,
      { name: "CPU time of evenkeel doctor", rounds: cpu.toSorted((a, b) => a - b) },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
