import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { latencyAt } from "@evenkeel/core/cost/flow/loaded-latency.ts";
import { randomFrom } from "@evenkeel/core/random/random.ts";
import { corpus } from "@evenkeel/host/testing/corpus.ts";
import { afterAll, expect, test } from "vitest";
import { curveText } from "../../bench/model.ts";
import { bars, judgeTables, mean } from "../../bench/model-curves.ts";
import { copyRows, matrixRows, rowBar } from "../../bench/model-rows.ts";
import { corpusTables, type LoadedTable, readLoadedTables } from "../../bench/model-tables.ts";

const folder = mkdtempSync(join(tmpdir(), "evenkeel-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, name = "tables.csv"): readonly LoadedTable[] {
  const path = join(folder, name);
  writeFileSync(path, text);
  return readLoadedTables(path);
}

const header = "machine,injected_bandwidth_MBps,latency_ns";

test("tables come in any order of rows and columns, with quoted names, and each row counts once", () => {
  const text =
    "\uFEFFlatency_ns,note,machine,injected_bandwidth_MBps\r\n" +
    '90,"a, b","Xeon ""A"", 2S",2000\r\n80,,other,500\r\n\r\n# a remark\r\n81,,"Xeon ""A"", 2S",1000\r\n81,,"Xeon ""A"", 2S",1000\r\n';
  expect(read(text)).toEqual([
    {
      machine: 'Xeon "A", 2S',
      points: [
        { bytesPerSecond: 2e9, latencyNs: 90 },
        { bytesPerSecond: 1e9, latencyNs: 81 },
      ],
    },
    { machine: "other", points: [{ bytesPerSecond: 5e8, latencyNs: 80 }] },
  ]);
});

test("what Intel MLC printed is a table too", () => {
  const text =
    "Intel(R) Memory Latency Checker - v3.9\nMeasuring idle latencies (in ns)...\n\n" +
    "Measuring Loaded Latencies for the system\nInject\tLatency\tBandwidth\n==========\n" +
    " 00000\t282.66\t 215712.8\n 20000\t 81.40\t   2541.9\n\nMeasuring cache-to-cache transfer latency\n";
  expect(read(text, "host.txt")).toEqual([
    {
      machine: "host.txt",
      points: [
        { bytesPerSecond: 2541.9e6, latencyNs: 81.4 },
        { bytesPerSecond: 215712.8e6, latencyNs: 282.66 },
      ],
    },
  ]);
});

test.each([
  ["", "tables.csv", "the file is empty"],
  [`${header}\n`, "tables.csv", "no row follows the header"],
  ["machine,latency_ns\nA,80\n", ":1", "the header lacks injected_bandwidth_MBps"],
  [`${header}\nA,1000,80\nB, 2S,1000,80\n`, ":3", "a row of 4 cells"],
  [`${header}\nA,1000,fast\n`, ":2", 'latency_ns is "fast"'],
  [`${header}\nA,,80\n`, ":2", 'injected_bandwidth_MBps is ""'],
  [`${header}\nA,-5,80\n`, ":2", 'injected_bandwidth_MBps is "-5"'],
  [`${header}\nA,0x10,80\n`, ":2", 'injected_bandwidth_MBps is "0x10"'],
  [`${header}\nA,1e300,80\n`, ":2", 'injected_bandwidth_MBps is "1e300"'],
  [`${header},latency_ns\nA,5,80,90\n`, ":1", "the header has latency_ns twice"],
  [`${header}\n,5,80\n`, ":2", "a row without a machine"],
  [`${header}\n"A,5,80\n`, ":2", "a cell with a quote that does not end"],
  [
    "Measuring Loaded Latencies for the system\nnothing\n",
    "tables.csv",
    "has no measurement that is known",
  ],
])("a file that is no table says where and why: %j", (text, where, message) => {
  let error: unknown = null;
  try {
    read(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(EvenkeelError);
  if (!(error instanceof EvenkeelError)) return;
  expect([error.code, error.message, error.where]).toEqual([
    "text-unexpected",
    expect.stringContaining(message),
    expect.stringContaining(where),
  ]);
  expect(error.expected).not.toBeNull();
});

test("a missing file, and a folder, are no tables", () => {
  const absent = join(folder, "absent.csv");
  expect(() => readLoadedTables(absent)).toThrow(`there is no file ${absent}`);
  expect(() => readLoadedTables(folder)).toThrow(`${folder} is no regular file`);
});

test("names are kept, whatever they have, and lines may end as on any system", () => {
  const machines = (text: string): readonly string[] => read(text).map(({ machine }) => machine);
  expect(
    machines(
      `# a remark, of a machine, with DDR4\r${header}\r#1 host,1000,80\rMLC Loaded Latencies,1,2`,
    ),
  ).toEqual(["#1 host", "MLC Loaded Latencies"]);
  expect(machines(`${header}\n\u001b[31mred,1000,80\n`)).toEqual(["\uFFFD[31mred"]);
});

test("what mlc prints in GB/s is not a thousand times less, and its idle latencies are no table", () => {
  const text =
    "Measuring Loaded Latencies for the system\nDelay\t(ns)\tGB/sec\n 00000\t282.66\t 215.7\n";
  expect(read(text)[0]?.points).toEqual([{ bytesPerSecond: 215.7e9, latencyNs: 282.66 }]);
  const idle =
    "Intel(R) Memory Latency Checker - v3.11\nMeasuring idle latencies (in ns)...\nNuma node 0\n 0 80.5\n";
  expect(() => read(idle)).toThrow("there are no loaded latencies");
});

test("many points are judged in time, and more are refused", () => {
  const row = (_: unknown, i: number): string => `A,${1000 + i},${80 + i / 100}`;
  const rows = (length: number): string => Array.from({ length }, row).join("\n");
  const [result] = judgeTables(read(`${header}\n${rows(600)}\n`));
  expect(result?.leaveOneOutError).toBeLessThan(0.1);
  expect(() => read(`${header}\n${rows(20_001)}\n`)).toThrow("has 20001 points");
});

test("a table that has no more points than inputs is listed and not judged", () => {
  const [result] = judgeTables(read(`${header}\nA,1000,80\nA,2000,82\nA,9000,200\n`));
  expect(result).toMatchObject({
    machine: "A",
    points: 2,
    meanError: null,
    problem: expect.stringContaining("2 points"),
  });
  expect(curveText(result === undefined ? [] : [result])).toContain("None of the tables can be");
});

/** Tables as MLC would print them of machines that no corpus has, with noise of so many percent. */
function madeTables(seed: number, noise: number): readonly LoadedTable[] {
  const random = randomFrom(seed, 1, 2);
  return Array.from({ length: 20 }, (_, i) => {
    const curve = {
      idleNs: 60 + 200 * random.unit(),
      peakBytesPerSecond: (30 + 900 * random.unit()) * 1e9,
      growth: 0.15 + 0.4 * random.unit(),
      saturatedNs: 0,
    };
    const saturatedNs = curve.idleNs * (1.5 + 3 * random.unit());
    const points = [
      1, 1, 1, 0.99, 0.97, 0.8, 0.55, 0.4, 0.3, 0.22, 0.15, 0.1, 0.08, 0.05, 0.035, 0.02, 0.01,
    ].map((share) => {
      const bytesPerSecond = share * curve.peakBytesPerSecond;
      const exact = latencyAt({ ...curve, saturatedNs }, bytesPerSecond);
      return { bytesPerSecond, latencyNs: exact * (1 + noise * (2 * random.unit() - 1)) };
    });
    return { machine: `made ${i}`, points: points.toSorted(() => random.unit() - 0.5) };
  });
}

test("made tables with noise of 2 % meet the bars of the real ones", () => {
  for (const { machine, meanError, worstError } of judgeTables(madeTables(11, 0.02))) {
    expect(meanError, machine).toBeLessThanOrEqual(bars.mean);
    expect(worstError, machine).toBeLessThanOrEqual(bars.worst);
  }
});

test("noise of 30 % is listed as bad", () => {
  for (const { problem } of judgeTables(madeTables(12, 0.3))) expect(problem).not.toBeNull();
});

const measurements = corpus("measurements");

test.skipIf(measurements === null)("every table of the corpus is within the bars", () => {
  const results = judgeTables(corpusTables(measurements ?? ""));
  expect(results.length).toBeGreaterThanOrEqual(10);
  for (const { machine, points, meanError, worstError, leaveOneOutError } of results) {
    expect(points, machine).toBeGreaterThan(10);
    expect(meanError, machine).toBeLessThanOrEqual(bars.mean);
    expect(worstError, machine).toBeLessThanOrEqual(bars.worst);
    expect(leaveOneOutError, machine).toBeLessThanOrEqual(0.045);
  }
  const errors = (of: "oneConstantError" | "builtInError"): number =>
    mean(results.flatMap((one) => one[of] ?? []));
  expect(errors("oneConstantError")).toBeLessThanOrEqual(bars.oneConstant);
  expect(errors("builtInError")).toBeLessThanOrEqual(bars.oneConstant);
});

test.skipIf(measurements === null)(
  "noise of 1 % and every second point left out change little",
  () => {
    const random = randomFrom(7, 8, 9);
    const noisy = corpusTables(measurements ?? "").flatMap(({ machine, points }) => [
      {
        machine,
        points: points.map((point) => ({
          ...point,
          latencyNs: point.latencyNs * (0.99 + 0.02 * random.unit()),
        })),
      },
      { machine: `${machine}, every second point`, points: points.filter((_, i) => i % 2 === 0) },
    ]);
    for (const { machine, meanError, worstError } of judgeTables(noisy)) {
      expect(meanError, machine).toBeLessThanOrEqual(0.035);
      expect(worstError, machine).toBeLessThanOrEqual(bars.worst);
    }
  },
);

test.skipIf(measurements === null)(
  "rows of bandwidth matrices are within 5 %, but for clusters on a die and two outliers",
  () => {
    const results = matrixRows(measurements ?? "").filter(({ error }) => error !== null);
    expect(results.length).toBeGreaterThan(15);
    const bad = results
      .filter(({ error }) => Number(error) > rowBar)
      .map(({ prediction }) => prediction);
    expect(bad).toEqual([
      expect.stringMatching(/broadwell.*a sibling's memory/),
      expect.stringMatching(/broadwell.*the other package's/),
      expect.stringMatching(/6980P SNC3: the other package's/),
    ]);
  },
);

test("published matrices and copies; those that sharing does not explain are known", () => {
  const results = [...matrixRows(join(folder, "absent")), ...copyRows()];
  const bad = results
    .filter(({ error }) => error !== null && error > rowBar)
    .map(({ prediction }) => prediction);
  expect(bad).toEqual([
    expect.stringMatching(/6980P SNC3: the other package's/),
    "1 GPU, PCIe 4, both ways (SuperBench)",
    "MI210, own node (rocm_bandwidth_test#129)",
    "1 GPU, PCIe 3 (gearshifft#82, P100)",
    "the same from the other node",
  ]);
  const predicted = (name: string): number | null | undefined =>
    results.find(({ prediction }) => prediction.startsWith(name))?.predictedGBps;
  expect(predicted("4 GPUs over one 34.4 GB/s link, each")).toBe(8.6);
  expect(predicted("GB200, pinned buffer on the other node")).toBe(110);
});
