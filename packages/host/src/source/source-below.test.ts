import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { below, sourceBelow } from "./source-below.ts";

test("paths of a source are those below the folder, and nothing else is a path", () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "record"));
  for (const name of ["live", "topo", "odd:name"]) writeFileSync(join(folder, name), "");
  const inside = (path: string): string => join(folder, path);
  const sources: readonly (readonly [string, string])[] = [
    ["sysfs:host.tar", `sysfs:${inside("host.tar")}`],
    ["sysfs:host.tar#a/b", `sysfs:${inside("host.tar#a/b")}`],
    ["lscpu:../x.txt", `lscpu:${join(folder, "../x.txt")}`],
    ["numactl:/abs/x.txt", "numactl:/abs/x.txt"],
    ["hwloc:", "hwloc:"],
    // With a dot or a slash it is a path, there or not; without, where there is such a file.
    ["absent.json", inside("absent.json")],
    ["./absent", inside("absent")],
    ["/abs/x.json", "/abs/x.json"],
    ["topo", inside("topo")],
    ["record", inside("record")],
    ["live", inside("live")],
    ["odd:name", inside("odd:name")],
    ["absent", "absent"],
    ["machine:hgx-h100", "machine:hgx-h100"],
    ["synthetic:core:4 memory:8Gi", "synthetic:core:4 memory:8Gi"],
    ["ssh:gpu-01", "ssh:gpu-01"],
    ["unknown:x", "unknown:x"],
    ["", ""],
  ];
  for (const [source, as] of sources)
    expect([source, sourceBelow(folder, source)]).toEqual([source, as]);
  expect(sourceBelow(folder, "a\0b")).not.toContain(`${folder}/a\0b/`);
  expect([below(folder, "x"), below(folder, "/x")]).toEqual([inside("x"), "/x"]);
});
