import type {
  Bandwidths,
  Calibration,
  CalibrationConditions,
  CalibrationTool,
  CopyFigures,
  LoadedCurve,
  LoadedPoint,
  Measured,
  MeasurementWitness,
  MemoryFigures,
  PeerFigures,
  TotalFigures,
} from "@evenkeel/core/calibration/calibration.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

/** A measured number of one unit. */
const measuredText = (title: string, what: string, unit: string, example: number) =>
  objectText<Measured>(title, `${what}, with its spread.`, {
    median: [
      "The median of the repetitions; their mean where the tool prints a mean and no median.",
      example,
      { unit },
    ],
    least: ["The least of them.", example, { unit }],
    most: ["The most of them.", example, { unit }],
    samples: [
      "How many repetitions: 1 where a tool printed a single number.",
      9,
      { unit: "repetitions" },
    ],
  });

const timeText = measuredText("measured time", "A time", "nanoseconds", 80.8);
const rateText = measuredText("measured rate", "A rate", "bytes per second", 113_073_700_000);

const bandwidthsText = objectText<Bandwidths>(
  "bandwidths",
  "What goes between CPUs and memory in a second.",
  {
    readBytesPerSecond: ["Bytes read.", rateText],
    writeBytesPerSecond: ["Bytes written.", rateText],
    copyBytesPerSecond: ["Bytes read and bytes written, together, of a copy.", rateText],
  },
);

const witnessText = objectText<MeasurementWitness>(
  "witness of a measurement",
  "Where its threads and pages were, by the kernel's word.",
  {
    cpus: ["The CPUs that its threads were allowed.", "0-13"],
    pages: [
      "Its pages by node.",
      objectText<MeasurementWitness["pages"][number]>(
        "pages on a node",
        "How many of a measurement's pages lay on a node.",
        {
          node: ["The node.", 0, { unit: "a node's number" }],
          count: ["The number of pages.", 65_536, { unit: "pages" }],
        },
      ),
    ],
  },
);

const memoryText = objectText<MemoryFigures>(
  "figures of memory",
  "What reading and writing one node's memory from another's CPUs costs while nothing else runs.",
  {
    initiator: ["The node of the CPUs; `null` where nobody told.", 0, { unit: "a node's number" }],
    target: ["The node of the memory; `null` where nobody told.", 1, { unit: "a node's number" }],
    readLatencyNs: ["Of a read that no cache answers, and that the next one waits for.", timeText],
    oneCore: ["The bandwidths of one core.", bandwidthsText],
    allCores: ["The bandwidths of all cores of the initiator at once.", bandwidthsText],
    pageBytes: ["The size of the pages that were read.", 1_073_741_824],
    witness: ["What the kernel said meanwhile; `null` where nobody asked it.", witnessText],
  },
);

const totalText = objectText<TotalFigures>(
  "total bandwidth",
  "The bandwidth of all cores that a tool used together, whatever nodes their memory is on.",
  {
    traffic: ["What is mixed: reads and writes in a ratio, or one of STREAM's kernels.", "reads"],
    threads: ["How many threads read and wrote.", 32, { unit: "threads" }],
    bytesPerSecond: ["Bytes read and written together.", rateText],
  },
);

const curveText = objectText<LoadedCurve>(
  "loaded-latency curve",
  "The latency of dependent reads while other cores read as well, more and more.",
  {
    initiator: [
      "The node of the CPUs; `null` where the whole machine was loaded, each node from its own memory.",
      0,
      { unit: "a node's number" },
    ],
    target: ["The node of the memory; `null` likewise.", 0, { unit: "a node's number" }],
    points: [
      "By ascending load. Near saturation the bandwidth may fall again as load grows.",
      objectText<LoadedPoint>("point of a curve", "A latency at a bandwidth.", {
        bytesPerSecond: ["What all cores together read meanwhile.", 120_242_400_000],
        latencyNs: ["The latency of the dependent reads.", 103.1],
      }),
    ],
  },
);

const copyText = objectText<CopyFigures>(
  "figures of copies",
  "Copies between a node's memory and an accelerator.",
  {
    node: ["The node of the memory; `null` where nobody told.", 0, { unit: "a node's number" }],
    accelerator: ["Its PCI address; `null` where the tool only numbers them.", "0000:1b:00.0"],
    index: ["The tool's number of it.", 0, { unit: "a number of the tool's" }],
    hostToDeviceBytesPerSecond: ["To the accelerator, while no other copies.", rateText],
    deviceToHostBytesPerSecond: ["From the accelerator, while no other copies.", rateText],
    togetherHostToDeviceBytesPerSecond: [
      "To the accelerator: its share while all of them copy at once.",
      rateText,
    ],
    togetherDeviceToHostBytesPerSecond: [
      "From the accelerator: its share while all of them copy at once.",
      rateText,
    ],
  },
);

const peerText = objectText<PeerFigures>(
  "figures of peers",
  "Copies from one accelerator to another, in one direction.",
  {
    from: ["The PCI address of the one that has the data.", "0000:1b:00.0"],
    fromIndex: ["The tool's number of it.", 0, { unit: "a number of the tool's" }],
    to: ["The PCI address of the one that gets the data.", "0000:3b:00.0"],
    toIndex: ["The tool's number of it.", 1, { unit: "a number of the tool's" }],
    bytesPerSecond: ["While nothing else copies.", rateText],
    bothWaysBytesPerSecond: ["Both directions together, while they copy at once.", rateText],
    latencyNs: ["Of a transfer of a few bytes.", timeText],
  },
);

export const calibrationText: ObjectText<Calibration> = objectText<Calibration>(
  "Calibration",
  "What distance costs on one machine, as it was measured there: by `evenkeel measure`, or by " +
    "another tool whose output was read. What was not measured is absent. It prices placements on " +
    "that machine, and on no other.",
  {
    ...head("Calibration"),
    host: ["The machine's name; `null` where the tool's output does not tell it.", "hgx-17"],
    topologyDigest: [
      "The digest of the machine that was measured; `null` where nobody told.",
      `sha256:${"0".repeat(64)}`,
    ],
    measuredAt: ["When the measurement ended, in UTC.", "2026-01-31T12:00:00.000Z"],
    tool: [
      "What measured, and how.",
      objectText<CalibrationTool>("measuring tool", "What measured, and how.", {
        name: ["The tool.", "mlc"],
        version: ["Its version, as it prints it.", "v3.10"],
        method: [
          "What was read, by which instructions, over how much memory.",
          "idle latencies for random access",
        ],
      }),
    ],
    memory: ["By pairs of nodes.", memoryText],
    total: ["Of all cores together.", totalText],
    loaded: ["Latency under load.", curveText],
    copies: ["By node and accelerator.", copyText],
    peers: ["By pairs of accelerators.", peerText],
    conditions: [
      "The circumstances.",
      objectText<CalibrationConditions>(
        "conditions of a measurement",
        "Its circumstances, as far as they are known.",
        {
          isGentle: [
            "Whether only idle CPUs and free pages were used, and the measurement gave way to load.",
            false,
          ],
          isEmulated: [
            "Whether CPUs are emulated, so that times mean nothing and nothing is priced by them.",
            false,
          ],
          isInGuest: ["Whether it ran inside a VM.", false],
          stealShare: [
            "The share of CPU time that a hypervisor gave to others meanwhile.",
            0,
            { unit: "of 1" },
          ],
          othersShare: [
            "The share of the measuring CPUs' time that went to other processes.",
            0.01,
            { unit: "of 1" },
          ],
        },
      ),
    ],
    warnings: [
      "What disturbed the measurement, what was left out, and why.",
      ["the bandwidths of node 3 are missing: the output ends before them"],
    ],
  },
);
