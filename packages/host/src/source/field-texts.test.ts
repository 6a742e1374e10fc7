import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readAnyText } from "./read-any-text.ts";

/** Texts of vendors' tools that people pasted in public; what is true in each was read by hand. */
const folder = corpus("field");

let notes: string[] = [];

async function read(start: string): Promise<Topology> {
  const file = readdirSync(folder ?? "").find((name) => name.startsWith(start)) ?? "";
  notes = [];
  return await readAnyText(readFileSync(join(folder ?? "", file), "utf8"), file, {
    parseTopology: (_, where) => {
      throw new EvenkeelError("document-invalid", "is no document", { where });
    },
    note: (sentence) => void notes.push(sentence),
  });
}

describe.skipIf(folder === null)("pasted texts of vendors' tools", () => {
  test("amd-smi, amd-smi topology and numactl in one text", async () => {
    const topology = await read("01-");
    expect(topology.accelerators).toHaveLength(8);
    expect(new Set(topology.accelerators.map(({ model }) => model))).toEqual(
      new Set(["Instinct MI355X"]),
    );
    expect(topology.accelerators.every(({ memoryBytes }) => memoryBytes === 294_896 * MiB)).toBe(
      true,
    );
    expect(topology.accelerators.map(({ address }) => address)[7]).toBe("0000:f4:00.0");
    expect(topology.accelerators.map(({ moduleId }) => moduleId)).toEqual([7, 5, 6, 2, 0, 4, 1, 3]);
    expect(topology.links.filter(({ kind }) => kind === "xgmi")).toHaveLength(28);
    expect(topology.nodes).toHaveLength(2);
  });

  test("nvidia-smi -L with a hole, and MIG devices", async () => {
    const { accelerators } = await read("09-");
    expect(accelerators.map(({ index }) => index)).toEqual([0, 1, 3, 4, 5, 6, 7]);
    expect(accelerators.map(({ productName }) => productName)[2]).toBe("NVIDIA A100-SXM4-80GB");
    expect(accelerators.map(({ instances }) => instances.map(({ profile }) => profile))).toEqual([
      ["4g.40gb", "3g.40gb"],
      ["1g.10gb"],
      ["2g.20gb"],
      ["3g.40gb"],
      [],
      [],
      [],
    ]);
    expect(notes[0]).toContain("it lacks GPU 2");
  });

  test("the plain table of a machine whose GPU has no memory of its own", async () => {
    const { accelerators } = await read("12-");
    expect(accelerators).toMatchObject([
      { address: "000f:01:00.0", productName: "NVIDIA GB10", memoryBytes: null, index: 0 },
    ]);
  });

  test("nvidia-smi -q of Grace Hopper", async () => {
    const { accelerators, pci } = await read("15-");
    expect(accelerators).toMatchObject([
      { productName: "NVIDIA GH200 480GB", model: "GH200 480GB", c2c: true, moduleId: 1 },
    ]);
    expect(pci[0]).toMatchObject({ atsEnabled: true, link: { speedGTs: 16, width: 1 } });
  });

  test("a table of six GPUs and a matrix of eight", async () => {
    const topology = await read("18-");
    const models = topology.accelerators.map(({ model }) => model);
    expect(models.filter((model) => model === "H100 80GB HBM3")).toHaveLength(6);
    expect(topology.accelerators[0]).toMatchObject({
      address: "0000:1b:00.0",
      memoryBytes: 81_559 * MiB,
    });
    expect(topology.links).toHaveLength(28);
    expect(notes[0]).toContain("the name of GPU6, GPU7");
  });

  test("columns that are glued together", async () => {
    const topology = await read("24-");
    const of = interconnects(topology);
    const [gpus, nics] = [topology.accelerators, topology.nics].map((list) =>
      list.map(({ address }) => address),
    );
    expect([gpus?.length, nics?.length]).toEqual([8, 12]);
    expect([0, 3, 8, 11].map((nic) => of(gpus?.[4] ?? "", nics?.[nic] ?? ""))).toEqual([
      "SYS",
      "SYS",
      "NODE",
      "NODE",
    ]);
    expect(of(gpus?.[7] ?? "", nics?.[11] ?? "")).toBe("PXB");
    // The rows of these two are not in the text.
    expect(of(nics?.[1] ?? "", nics?.[2] ?? "")).toBeNull();
  });

  test("a matrix whose last rows are missing", async () => {
    const topology = await read("25-");
    const of = interconnects(topology);
    const gpu = (index: number): string => topology.accelerators[index]?.address ?? "";
    expect([of(gpu(4), gpu(5)), of(gpu(4), gpu(6)), of(gpu(0), gpu(7))]).toEqual([
      "PIX",
      "PHB",
      "SYS",
    ]);
    expect([of(gpu(5), gpu(6)), of(gpu(6), gpu(7))]).toEqual([null, null]);
    expect(notes[0]).toContain("the rows of GPU5, GPU6, GPU7, mlx4_0");
  });
});
