import { calibrationSchema } from "@evenkeel/contract/calibration.ts";
import type { Calibration, Measured } from "@evenkeel/core/calibration/calibration.ts";
import { calibrationContradictions } from "@evenkeel/core/calibration/contradictions.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as samples from "../../testing/calibration/samples.ts";
import { readCalibration } from "./read-calibration.ts";

const read = (text: string): Calibration => readCalibration(text, "pasted.txt");

/** The medians of pairs, as `initiator target latency bandwidth`. */
const pairs = ({ memory }: Calibration): string[] =>
  memory.map(
    ({ initiator, target, readLatencyNs, allCores }) =>
      `${initiator} ${target} ${readLatencyNs?.median} ${allCores?.readBytesPerSecond?.median}`,
  );
const medians = (figures: Readonly<Record<string, Measured | null>>): string =>
  Object.values(figures)
    .map((one) => one?.median)
    .join();
const copies = (of: Calibration): string[] =>
  of.copies.map(
    ({ node, accelerator, index, ...rates }) => `${node} ${accelerator} ${index} ${medians(rates)}`,
  );
const peers = (of: Calibration): string[] =>
  of.peers.map(
    ({ from, fromIndex, to, toIndex, ...figures }) =>
      `${from ?? fromIndex} ${to ?? toIndex} ${medians(figures)}`,
  );

const { mlcTexts, measurementTexts: texts } = samples;

describe("Intel MLC", () => {
  test("all of its measurements", () => {
    const found = read(mlcTexts.all);
    expect([found.tool.name, found.tool.version]).toEqual(["mlc", "v3.11b"]);
    expect(pairs(found)).toEqual([
      "0 0 91.5 100000500000",
      "0 1 152.5 40000500000",
      "1 0 153 41000500000",
      "1 1 90.5 101000500000",
    ]);
    expect(found.total.map((one) => [one.traffic, one.bytesPerSecond.median])).toEqual([
      ["reads", 200_100_500_000],
      ["reads-3-writes-1", 190_100_500_000],
      ["reads-2-writes-1", 180_100_500_000],
      ["reads-1-writes-1", 170_100_500_000],
      ["stream-triad", 160_100_500_000],
    ]);
    expect(found.loaded).toEqual([
      {
        initiator: null,
        target: null,
        points: [
          { bytesPerSecond: 2_000_500_000, latencyNs: 92.25 },
          { bytesPerSecond: 30_000_500_000, latencyNs: 99.75 },
          { bytesPerSecond: 180_000_500_000, latencyNs: 150.25 },
          { bytesPerSecond: 199_000_500_000, latencyNs: 300.5 },
        ],
      },
    ]);
    expect(found.warnings).toEqual(["latencies between caches are not used"]);
  });

  test("any one of them", () => {
    const latencies = read(mlcTexts.latencyMatrix);
    expect(pairs(latencies)[1]).toBe("0 1 152.5 undefined");
    expect([latencies.total, latencies.loaded, latencies.warnings]).toEqual([[], [], []]);
    expect(pairs(read(mlcTexts.bandwidthMatrix))[1]).toBe("0 1 undefined 40000500000");
    expect(read(mlcTexts.loadedLatency).loaded[0]?.points).toHaveLength(4);
    expect(read(mlcTexts.peakBandwidth).total).toHaveLength(5);
    expect(read(mlcTexts.maxBandwidth).total).toHaveLength(5);
    expect(pairs(read(mlcTexts.idleLatency))).toEqual(["null 1 100.5 undefined"]);
  });

  test("several runs in one text are one calibration", () => {
    const text = `root@gpu-07:~# ./mlc --latency_matrix\n${mlcTexts.latencyMatrix}root@gpu-07:~# ./mlc --bandwidth_matrix\n${mlcTexts.bandwidthMatrix}`;
    expect(pairs(read(text))[2]).toBe("1 0 153 41000500000");
    expect(read(text).host).toBe("gpu-07");
  });

  test("traffic that is not of reads alone is no bandwidth of reads", () => {
    const mixed = mlcTexts.bandwidthMatrix.replace("Read-only", "2:1 Read-Write");
    expect(() => read(mixed)).toThrow(
      expect.objectContaining({
        code: "text-unexpected",
        remedy: "bandwidths between nodes of mixed traffic are not used",
      }),
    );
  });

  test("pasted with tabs as blanks, colors, quotes, carriage returns, or broken by a terminal", () => {
    const whole = read(mlcTexts.all);
    const same = (text: string): void =>
      expect({ ...read(text), warnings: [] }).toEqual({ ...whole, warnings: [] });
    same(mlcTexts.all.replaceAll("\t", "    "));
    same(mlcTexts.all.replaceAll("\n", "\r\n"));
    same(mlcTexts.all.replaceAll(/^/gm, "> "));
    same(mlcTexts.all.replaceAll(/^/gm, "      "));
    same(mlcTexts.all.replaceAll(/(\d+\.\d)/g, "\u001b[32m$1\u001b[0m"));
    same(`\`\`\`\n${mlcTexts.all}\`\`\`\n`);
    same(mlcTexts.all.replaceAll(/^ +([01]\t *[\d.]+)\t *([\d.]+)/gm, "$1\n$2"));
  });

  test("nodes with holes and nodes without CPUs", () => {
    const text = `Measuring idle latencies (in ns)...
                Numa node
Numa node            0       8       9
       0          91.5   152.5   250.5
       8         153.5    90.5       -
`;
    expect(pairs(read(text))).toEqual([
      "0 0 91.5 undefined",
      "0 8 152.5 undefined",
      "0 9 250.5 undefined",
      "8 0 153.5 undefined",
      "8 8 90.5 undefined",
    ]);
  });
});

test("STREAM: the spread from its times, and a pair where numactl names one", () => {
  const found = read(samples.streamText);
  expect(found.total[0]).toEqual({
    traffic: "stream-copy",
    threads: 24,
    bytesPerSecond: { median: 80e9, least: 40e9, most: 100e9, samples: 9 },
  });
  expect([found.tool.version, found.total.length, found.memory]).toEqual(["5.10", 4, []]);
  const pair = read(`$ numactl -N 0 -m 1 ./stream\n${samples.streamText}`).memory[0];
  expect([pair?.initiator, pair?.target, pair?.allCores?.copyBytesPerSecond?.most]).toEqual([
    0, 1, 100e9,
  ]);
});

test("lat_mem_rd: the plateau beyond the caches at the largest stride", () => {
  const found = read(
    `$ numactl --cpunodebind=1 --membind=0 lat_mem_rd 512 64 256\n${samples.latMemRdText}`,
  );
  expect(found.memory).toEqual([
    expect.objectContaining({
      initiator: 1,
      target: 0,
      readLatencyNs: { median: 99, least: 95, most: 101, samples: 4 },
    }),
  ]);
  expect(found.warnings).toEqual([]);
  expect(read(samples.latMemRdText).warnings).toEqual([
    "the output does not tell which nodes were measured: run it under numactl -N 0 -m 0",
  ]);
  const small = read(samples.latMemRdText.replace(/256\.00000[^]*/, ""));
  expect(small.warnings).toContain(
    "the largest array has 128 MiB, which may fit into a cache: measure 256 MiB",
  );
  expect(() => read(samples.latMemRdText.replace(/128\.00000[^]*/, ""))).toThrow(
    expect.objectContaining({ remedy: "latency still grows at 64 MiB: measure larger arrays" }),
  );
});

test("nvbandwidth: its text and its JSON", () => {
  const found = read(samples.nvbandwidthText);
  expect(found.tool.version).toBe("v0.8");
  expect(copies(found)).toEqual([
    "null 0000:1b:00.0 0 55250000000,54250000000,50250000000,",
    "null 0000:9a:00.0 1 45250000000,44250000000,40250000000,",
  ]);
  expect(peers(found)).toEqual([
    "0000:9a:00.0 0000:1b:00.0 271250000000,512250000000,772.25",
    "0000:1b:00.0 0000:9a:00.0 272250000000,511250000000,771.25",
  ]);
  expect(found.warnings[0]).toBe("not used: host_to_device_bidirectional_memcpy_ce");
  const json = read(samples.nvbandwidthJson);
  expect(copies(json)).toEqual([
    "null 0000:1b:00.0 0 55250000000,54250000000,,",
    "null 0000:9a:00.0 1 45250000000,44250000000,,",
  ]);
  // Of JSON that was cut, the complete tests.
  const cut = samples.nvbandwidthJson.slice(0, samples.nvbandwidthJson.indexOf('"54.25"'));
  expect(copies(read(cut))[0]).toBe("null 0000:1b:00.0 0 55250000000,,,");
  const bound = read(`$ numactl -m 1 ./nvbandwidth\n${samples.nvbandwidthText}`);
  expect(copies(bound)[0]).toMatch(/^1 0000:1b/);
});

test("copies between GPUs go to the one that reads, and from the one that writes", () => {
  const nvbandwidth = (way: string, arrow: string): string =>
    `Running device_to_device_memcpy_${way}_ce.\nmemcpy CE GPU(row) ${arrow} GPU(column) bandwidth (GB/s)\n    0 1\n 0 N/A 271.25\n 1 272.25 N/A\n`;
  expect(peers(read(nvbandwidth("read", "->")))[0]).toBe("1 0 271250000000,,");
  expect(peers(read(nvbandwidth("write", "<-")))[0]).toBe("0 1 271250000000,,");
  const byReads = samples.p2pText.replaceAll("P2P Writes", "P2P Reads");
  expect(peers(read(byReads))).toContain(
    "0001:d8:00.0 0000:3b:00.0 271250000000,512250000000,2250",
  );
});

test("nvbandwidth's JSON: of three matrices of one test the total counts", () => {
  const matrix = [101, 102, 201].flatMap((rate) => [
    ["N/A", `${rate}.5`],
    [`${rate}.25`, "N/A"],
  ]);
  const name = "device_to_device_bidirectional_memcpy_read_ce";
  const title = "memcpy CE CPU(row) <-> GPU(column) Total bandwidth (GB/s)";
  const testcases = [{ name, bandwidth_description: title, bandwidth_matrix: matrix }];
  expect(peers(read(JSON.stringify({ nvbandwidth: { testcases } })))).toEqual([
    "0 1 ,201500000000,",
    "1 0 ,201250000000,",
  ]);
});

test("other units are theirs or not used, and a broken row is told", () => {
  const latencies = mlcTexts.latencyMatrix;
  expect(() => read(latencies.replace("(in ns)", "(in us)"))).toThrow(
    expect.objectContaining({ remedy: "idle latencies that are not in ns are not used" }),
  );
  expect(read(latencies.replace("153.0", "15x.0")).warnings).toEqual([
    "the row of 1 of the idle latencies has a cell that is no number: it is not used",
  ]);
  const inGB = "Function    Best Rate GB/s  Avg time\nCopy:          342.5\n";
  const rate = (text: string): number | undefined => read(text).total[0]?.bytesPerSecond.median;
  expect(rate(inGB)).toBe(342.5e9);
  expect(rate(inGB.replace("GB/s", "MiB/s"))).toBe(Math.round(342.5 * 1024 ** 2));
  expect(() => rate(inGB.replace("342.5", "342,500.5"))).toThrow("no measurement");
});

test("p2pBandwidthLatencyTest: with peer access before without", () => {
  const found = read(samples.p2pText);
  expect(peers(found)).toEqual([
    "0000:3b:00.0 0001:d8:00.0 271250000000,511250000000,2250",
    "0001:d8:00.0 0000:3b:00.0 272250000000,512250000000,2750",
  ]);
  const without = read(samples.p2pText.replace(/^Unidirectional P2P=Enabled[^]*/m, ""));
  expect(peers(without)[0]).toBe("0000:3b:00.0 0001:d8:00.0 11250000000,,");
  expect(without.warnings).toEqual([
    "it was measured without peer access: copies went through the host",
  ]);
});

test("bandwidthTest, hipBusBandwidth, gpu_copy and rocm-bandwidth-test", () => {
  expect(copies(read(samples.bandwidthTestText))).toEqual([
    "null null 1 12500000000,13500000000,,",
  ]);
  const hip = read(samples.hipText).copies[0];
  expect(hip?.hostToDeviceBytesPerSecond).toEqual({
    median: 25.5e9,
    least: 24e9,
    most: 26.5e9,
    samples: 2,
  });
  const copy = read(samples.gpuCopyText);
  expect(copies(copy)).toEqual(["0 null 0 26250000000,24250000000,,", "1 null 0 20250000000,,,"]);
  expect(peers(copy)).toEqual(["0 1 275250000000,531250000000,", "1 0 ,531250000000,"]);
  const rocm = read(samples.rocmText);
  expect(copies(rocm)).toEqual([
    "0 null 0 28100000000,28200000000,,",
    "0 null 1 27100000000,27200000000,,",
    "1 null 0 26100000000,26200000000,,",
    "1 null 1 29100000000,29200000000,,",
  ]);
  expect(peers(rocm)).toEqual(["0 1 45100000000,85100000000,", "1 0 46100000000,85100000000,"]);
});

test("copies of pageable memory, and by units of a GPU where there are those by DMA, are not used", () => {
  const paged = samples.bandwidthTestText.replace("PINNED", "PAGEABLE");
  expect(copies(read(paged))).toEqual(["null null 1 ,13500000000,,"]);
  expect(read(paged).warnings).toContain("copies of pageable memory are not used");
  const [sm = "", dma = ""] = samples.gpuCopyText.split("\n");
  expect(copies(read(`${dma}\n${sm}\n`))).toEqual(copies(read(`${sm}\n${dma}\n`)));
  const peer = (way: string, rate: string): string => `gpu0_to_gpu1_${way}_by_dma ${rate}\n`;
  for (const text of [
    `${peer("read", "275.25")}${peer("write", "258.25")}`,
    `${peer("write", "258.25")}${peer("read", "275.25")}`,
  ]) {
    expect(peers(read(text))).toEqual(["0 1 258250000000,,"]);
  }
});

test("a matrix of nvbandwidth without the words above it tells no direction, so it is not read", () => {
  const bare = samples.nvbandwidthText.replaceAll(/^(?:mem|Device to).*\n/gm, "");
  expect(() => read(bare)).toThrow(expect.objectContaining({ code: "text-unexpected" }));
});

test("the outputs of two tools in one text are one calibration", () => {
  const both = read(`${samples.mlcTexts.latencyMatrix}\n${samples.streamText}`);
  expect(both.tool.name).toBe("mlc, stream");
  expect([both.memory.length, both.total.length]).toEqual([4, 4]);
});

test("a text without a figure is refused, and the error says what would serve", () => {
  for (const text of [
    "",
    "hello\n",
    "Numa node 0 1\n 0 1 2\n",
    "\u0000\u0001",
    "{}",
    "0 1\n0 2 3\n",
  ]) {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: "text-unexpected",
        where: "pasted.txt",
        expected: expect.stringContaining("Intel's mlc, STREAM, lat_mem_rd, nvbandwidth"),
      }),
    );
  }
});

/** All medians in a calibration. */
function figuresOf(value: unknown): number[] {
  if (value === null || typeof value !== "object") return [];
  if ("points" in value && Array.isArray(value.points)) {
    return value.points.flatMap((point: object) => Object.values(point));
  }
  return "median" in value
    ? [Number(value.median)]
    : Object.values(value).flatMap((field: unknown) => figuresOf(field));
}

test("a matrix that was cut anywhere has no figure that the whole one has not", () => {
  for (const text of [mlcTexts.latencyMatrix, mlcTexts.bandwidthMatrix]) {
    const whole = figuresOf(read(text));
    const row = /^ *0[ \t]+\d+\.\d/m.exec(text);
    const from = Number(row?.index) + Number(row?.[0].length);
    for (let end = from; end < text.length; end++) {
      const figures = figuresOf(read(text.slice(0, end)));
      expect(figures).toEqual(whole.slice(0, figures.length));
    }
    // The last number, without its decimal or its point.
    const last = text.trimEnd().length;
    expect(figuresOf(read(text.slice(0, last)))).toEqual(whole);
    for (const cut of [1, 2]) expect(figuresOf(read(text.slice(0, last - cut)))).toHaveLength(3);
  }
});

test("a text that was cut anywhere gives figures of the whole text or a coded error", () => {
  const tally = { read: 0, refused: 0 };
  // Copies without peer access count where the text ends before those with it.
  const withoutAccess = figuresOf(read(samples.p2pText.replace(/^Unidir.*=Enabled[^]*/m, "")));
  // The median of a plateau or of the largest sizes is another one of fewer sizes.
  const exact = texts.filter((text) => text !== samples.latMemRdText && text !== samples.hipText);
  fc.assert(
    fc.property(
      fc.constantFrom(...exact),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (text, share) => {
        const whole = new Set([...figuresOf(read(text)), ...withoutAccess]);
        const cut = text.slice(0, Math.round(text.length * share));
        let found: Calibration;
        try {
          found = read(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
          tally.refused++;
          return;
        }
        tally.read++;
        const strange = figuresOf(found).filter((figure) => !whole.has(figure));
        // A number that the cut went through may be the shorter one, where nothing tells.
        expect(/[\d.]$/.test(cut) ? strange.slice(1) : strange).toEqual([]);
      },
    ),
    { numRuns: 600 },
  );
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(20);
});

test("whatever is done to a text, what is read is a valid document without contradictions", () => {
  const words = fc.constantFrom(
    "-1",
    "1e999",
    "NaN",
    "0",
    "9999999999999999",
    "N/A",
    "\t",
    "\n",
    "0.0",
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(5000), words), { maxLength: 6 }),
      fc.constantFrom(...texts, ""),
      (text, edits, other) => {
        let given = `${text}\n${other}`;
        for (const [place, word] of edits) {
          const at = place % given.length;
          given = `${given.slice(0, at)}${word}${given.slice(at + word.length)}`;
        }
        let found: Calibration;
        try {
          found = read(given);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
          return;
        }
        expect(calibrationSchema.safeParse(found).error?.issues ?? []).toEqual([]);
        expect(calibrationContradictions(found)).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
