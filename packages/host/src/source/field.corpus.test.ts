import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readSource } from "./read-source.ts";

/**
 * What people pasted in public threads. The facts of each text were read by hand; a fact that is
 * not in a text is unknown. Texts are named by the beginning of their file's name.
 */
interface Facts {
  /** Ids of the nodes whose numbers the text tells. */
  readonly nodes: readonly number[];
  /** The number of CPUs of each of these nodes; null where the text does not tell them. */
  readonly cpus: readonly (number | null)[];
  readonly memoryMiB?: readonly (number | null)[];
  readonly accelerators: number;
  readonly links?: number;
  readonly nics?: number;
  /** The bus address of the first accelerator. */
  readonly address?: string;
  /** Models, and memory in MiB, from first to last; one value stands for all. */
  readonly models?: readonly (string | null)[];
  readonly acceleratorMiB?: readonly (number | null)[];
  /** The node of each accelerator. */
  readonly beside?: readonly (number | null)[];
  readonly packages?: number;
  readonly cores?: number;
  readonly more?: (topology: Topology, notes: readonly string[]) => void;
}

const gpu = ({ accelerators }: Topology, i: number): string => accelerators[i]?.address ?? "";

const texts: Readonly<Record<string, Facts>> = {
  "01": {
    nodes: [0, 1],
    cpus: [128, 127],
    accelerators: 8,
    links: 28,
    address: "0000:0d:00.0",
    acceleratorMiB: [294_896],
    more: (_, notes) => expect(notes.join("\n")).toContain("239"),
  },
  "02": {
    nodes: [...Array(36).keys()],
    cpus: [72, 72, 72, 72, ...Array.from({ length: 32 }, () => 0)],
    accelerators: 0,
    packages: 4,
    cores: 288,
  },
  "03": { nodes: [0, 1], cpus: [null, null], accelerators: 1, nics: 2, address: "0000:81:00.0" },
  "07": {
    nodes: [0, 1, 2, 3, 4, 5],
    cpus: [1, 1, 0, 0, 0, 0],
    memoryMiB: [1974, 1694, 896, 896, 896, 896],
    accelerators: 0,
    more: ({ distances }) => expect([distances?.[2]?.[0], distances?.[3]?.[0]]).toEqual([21, 31]),
  },
  "08d": {
    nodes: [0, 1],
    cpus: [null, null],
    accelerators: 2,
    models: ["Instinct MI100"],
    beside: [0, 1],
  },
  "09": { nodes: [], cpus: [], accelerators: 7, models: ["A100-SXM4-80GB"] },
  "11a": {
    nodes: [],
    cpus: [],
    accelerators: 1,
    address: "0003:00:04.0",
    acceleratorMiB: [196_592],
  },
  "11b": { nodes: [0], cpus: [null], accelerators: 2, address: "0000:1b:00.0", beside: [0, 0] },
  "12": {
    nodes: [],
    cpus: [],
    accelerators: 1,
    address: "000f:01:00.0",
    models: ["GB10"],
    acceleratorMiB: [null],
  },
  "15": { nodes: [], cpus: [], accelerators: 1, address: "0000:dd:00.0" },
  "18": {
    nodes: [0, 1],
    cpus: [112, 112],
    accelerators: 8,
    links: 28,
    nics: 12,
    more: ({ accelerators }) => {
      expect(accelerators.filter(({ memoryBytes }) => memoryBytes === 81_559 * MiB)).toHaveLength(
        6,
      );
    },
  },
  "19a": {
    nodes: [],
    cpus: [],
    accelerators: 0,
    more: ({ pci }, notes) => {
      const addresses = pci.map(({ address }) => address);
      expect(addresses).toEqual(expect.arrayContaining(["10000:e2:00.0", "0000:80:1f.5"]));
      expect(addresses).toContain("0000:80:1f.6");
      expect(notes).toHaveLength(1);
    },
  },
  "22": {
    nodes: [0, 1, 2, 3],
    cpus: [32, 32, 32, 32],
    accelerators: 0,
    packages: 4,
    // The text counts the cores and does not say which CPUs share one.
    more: ({ cores }, notes) => {
      expect(cores.length === 64 || notes.join("\n").includes("16")).toBe(true);
    },
  },
  "24": {
    nodes: [0, 1],
    cpus: [112, 112],
    accelerators: 8,
    links: 28,
    nics: 12,
    more: (topology) =>
      expect(interconnects(topology)(gpu(topology, 0), gpu(topology, 7))).toBe("NV18"),
  },
  "25": {
    nodes: [],
    cpus: [],
    accelerators: 8,
    nics: 1,
    more: (topology, notes) => {
      const of = interconnects(topology);
      expect(of(gpu(topology, 4), gpu(topology, 5))).toBe("PIX");
      expect(of(gpu(topology, 6), gpu(topology, 7))).toBeNull();
      expect(notes.join("\n")).toContain("GPU5");
    },
  },
  "28": {
    nodes: [0, 2, 3],
    cpus: [32, 0, 16],
    memoryMiB: [28_273, 16_384, 30_533],
    accelerators: 0,
    more: ({ nodes }, notes) => {
      expect(nodes.map(({ hugepages }) => hugepages)).toEqual([null, null, null]);
      const free = nodes.map(({ freeBytes }) => freeBytes);
      expect(free).toEqual([27_323 * MiB, 0, 13_273 * MiB]);
      expect(notes).toEqual([]);
    },
  },
  "29d": {
    nodes: [],
    cpus: [],
    accelerators: 1,
    address: "0000:65:00.0",
    more: ({ accelerators }) => {
      expect(JSON.stringify(accelerators)).toContain("L40S-12Q");
      expect(JSON.stringify(accelerators)).toContain(`${12 * GiB}`);
    },
  },
  "29e": { nodes: [0], cpus: [null], accelerators: 1, beside: [0], acceleratorMiB: [40 * 1024] },
  "31": { nodes: [2, 3], cpus: [4, 4], accelerators: 2, nics: 1, beside: [3, 2] },
  "32": { nodes: [0], cpus: [72], accelerators: 1, models: ["GB200"], cores: 72, packages: 1 },
};

const folder = corpus("field");

const all = <T>(values: readonly T[], count: number): readonly T[] =>
  values.length === 1 ? Array.from({ length: count }, () => values).flat() : values;

const countOf = (cpus: string | null): number | null => {
  const set = cpus === null ? null : parseList(cpus);
  return set === null ? null : size(set);
};

describe.skipIf(folder === null)("texts of public threads", () => {
  const files = (folder === null ? [] : readdirSync(folder)).filter((name) => /^\d/.test(name));

  test("every text has its facts", () => {
    expect(new Set(files.map((name) => name.split("-")[0]))).toEqual(new Set(Object.keys(texts)));
  });

  test.each(files)("%s says what stands in it", async (file) => {
    const facts = texts[file.split("-")[0] ?? ""];
    if (facts === undefined) throw new Error(`${file} has no facts`);
    const notes: string[] = [];
    const topology = await readSource(join(folder ?? "", file), {
      parseTopology: (_, where) => {
        throw new Error(`${where} was taken for a document`);
      },
      note: (sentence) => void notes.push(sentence),
    });
    const { nodes, accelerators, pci, cores } = topology;
    const found = {
      nodes: nodes.map(({ id }) => id),
      cpus: nodes.map(({ cpus }) => countOf(cpus)),
      accelerators: accelerators.length,
      ...(facts.memoryMiB && {
        memoryMiB: nodes.map(({ memoryBytes }) =>
          memoryBytes === null ? null : memoryBytes / MiB,
        ),
      }),
      ...(facts.links !== undefined && { links: topology.links.length }),
      ...(facts.nics !== undefined && { nics: topology.nics.length }),
      ...(facts.address && { address: accelerators[0]?.address }),
      ...(facts.models && { models: accelerators.map(({ model }) => model) }),
      ...(facts.acceleratorMiB && {
        acceleratorMiB: accelerators.map(({ memoryBytes }) =>
          memoryBytes === null ? null : memoryBytes / MiB,
        ),
      }),
      ...(facts.beside && {
        beside: accelerators.map(
          ({ address }) => pci.find((device) => device.address === address)?.node ?? null,
        ),
      }),
      ...(facts.packages !== undefined && {
        packages: new Set([...cores, ...nodes].flatMap((one) => one.package ?? [])).size,
      }),
      ...(facts.cores !== undefined && { cores: cores.length }),
    };
    const { more, ...plain } = facts;
    expect(found).toEqual({
      ...plain,
      ...(plain.models && { models: all(plain.models, accelerators.length) }),
      ...(plain.acceleratorMiB && {
        acceleratorMiB: all(plain.acceleratorMiB, accelerators.length),
      }),
    });
    more?.(topology, notes);
  });
});
