import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import { corpus } from "@evenkeel/host/testing/corpus.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { describe, expect, test } from "vitest";
import type { World } from "../world.ts";
import { readTopology } from "./read-topology.ts";

const world: World = {
  stdout: { write: () => {}, isTTY: false, columns: null },
  stderr: { write: () => {}, isTTY: false, columns: null },
  readStdin: async () => null,
  env: {},
  version: "0",
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
    const topology = await readTopology(source, world);
    expect(parseTopology(JSON.stringify(topology), "again.json")).toEqual(topology);
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
  const { machine } = await readTopology(`hwloc:${path}`, world);
  expect(machine.vendor).toBe("evil \uFFFD2J vendor");
});
