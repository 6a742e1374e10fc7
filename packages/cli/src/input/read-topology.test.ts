import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import { corpus } from "@evenkeel/host/testing/corpus.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { describe, expect, test } from "vitest";
import type { Surroundings } from "../command/surroundings.ts";
import { readTopology } from "./read-topology.ts";

const surroundings: Surroundings = {
  stdout: { write: () => {}, isTTY: false, columns: null },
  stderr: { write: () => {}, isTTY: false, columns: null },
  readStdin: async () => null,
  env: {},
  version: "0",
  clock: systemClock,
  sayNow: () => {},
  isOwnProcess: false,
  interrupted: () => AbortSignal.abort(),
};

/** Every recording of a folder of the corpus, as sources; none where there is no corpus. */
function recordings(kind: "sysfs" | "hwloc", folder: string, ending: RegExp): string[] {
  const path = corpus(folder);
  if (path === null) return [];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .toSorted()
    .map((name) => `${kind}:${join(path, name)}`);
}

describe.skipIf(corpus("hwloc-xml") === null)("every recorded machine", () => {
  const sources = [
    ...recordings("hwloc", "hwloc-xml", /\.xml$/),
    ...recordings("sysfs", "sysfs-hwloc", /\.tar(\.\w+)?$/),
  ];

  test("there are some", () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  test.each(sources)("%s is within the bounds of a topology document", async (source) => {
    const topology = await readTopology(source, surroundings);
    expect(parseTopology(JSON.stringify(topology), "again.json")).toEqual(topology);
  });
});

describe("standard input", () => {
  const given = (text: string | Uint8Array): Surroundings => ({
    ...surroundings,
    readStdin: async () => (typeof text === "string" ? new TextEncoder().encode(text) : text),
  });
  const numactl = "available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: 1024 MB\n";

  test("is read by what is in it, as a file is", async () => {
    const numa = await readTopology(
      "-",
      given(`> $ numactl -H\r\n> ${numactl.replaceAll("\n", "\r\n> ")}`),
    );
    expect([numa.source, numa.nodes.length]).toEqual(["numactl", 1]);
    const xml = '<system version="1"><cpu numaid="0" affinity="1" arch="x86_64"/></system>';
    expect((await readTopology("-", given(xml))).source).toBe("nccl");
    for (const source of ["-", "numactl:-"]) {
      expect((await readTopology(source, given(gzipSync(numactl)))).source).toBe("numactl");
    }
    const again = await readTopology("-", given(JSON.stringify(numa)));
    expect(again).toEqual(numa);
  });

  test("may be named by its kind, and be an archive, which is told if it is damaged", async () => {
    expect((await readTopology("numactl:-", given(numactl))).source).toBe("numactl");
    expect((await readTopology("/dev/stdin", given(numactl))).source).toBe("numactl");
    await expect(readTopology("lscpu:-", given(numactl))).rejects.toMatchObject({
      where: expect.stringContaining("standard input"),
    });
    const gzip = new Uint8Array([0x1f, 0x8b, 0x08, 0]);
    for (const source of ["-", "sysfs:-"]) {
      const damaged = { code: "archive-malformed", where: "standard input" };
      await expect(readTopology(source, given(gzip))).rejects.toMatchObject(damaged);
    }
  });

  test("may not be without end, nor anything at all", async () => {
    await expect(readTopology("-", surroundings)).rejects.toMatchObject({ code: "file-too-large" });
    await expect(readTopology("-", given("hello"))).rejects.toMatchObject({
      where: expect.stringContaining("standard input"),
    });
  });
});

test("names that would command a terminal lose their power on the way in", async () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<topology version="2.0"><object type="Machine" os_index="0" cpuset="0x1" nodeset="0x1">
<info name="DMISysVendor" value="evil &#x9b;2J vendor"/>
<object type="NUMANode" os_index="0" cpuset="0x1" nodeset="0x1" local_memory="1024"/>
<object type="Package" os_index="0" cpuset="0x1" nodeset="0x1">
<object type="Core" os_index="0" cpuset="0x1" nodeset="0x1">
<object type="PU" os_index="0" cpuset="0x1" nodeset="0x1"/></object></object></object></topology>`;
  const path = join(scratchFolder(), "evil.xml");
  writeFileSync(path, xml);
  const { machine } = await readTopology(`hwloc:${path}`, surroundings);
  expect(machine.vendor).toBe("evil \uFFFD2J vendor");
});
