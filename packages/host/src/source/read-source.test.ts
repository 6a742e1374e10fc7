import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { packTar, type TarEntry } from "modern-tar";
import { expect, test } from "vitest";
import { core, node, object, topology } from "../../testing/hwloc/export.ts";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { readSource } from "./read-source.ts";

const folder = scratchFolder();

/** In place of the schema, which is another package's: one known document, and nothing else. */
const parseTopology = (text: string, where: string): Topology => {
  if (text.trim() === "the document") return syntheticTopology("core:4", "documented");
  throw new EvenkeelError("document-invalid", "is not the document", { where });
};
const read = (source: string): Promise<Topology> => readSource(source, { parseTopology });

const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** The files of a machine with so many CPUs. */
const recorded = (prefix: string, cpus: number): TarEntry[] =>
  [
    [`${prefix}sys/devices/system/cpu/online`, `0-${cpus - 1}\n`],
    [`${prefix}sys/devices/system/node/node0/cpulist`, `0-${cpus - 1}\n`],
    ...[...Array(cpus).keys()].flatMap((cpu) => {
      const at = `${prefix}sys/devices/system/cpu/cpu${cpu}/topology`;
      return [
        [`${at}/core_cpus_list`, `${cpu}\n`],
        [`${at}/physical_package_id`, "0\n"],
      ];
    }),
  ].map(([name = "", body = ""]) => ({ header: { name, size: body.length, type: "file" }, body }));

const exportOf = (cpu: number): string =>
  topology("2.0", object("Machine", { cpuset: "0x1" }, node(0, `${cpu}`), core(0, `${cpu}`)));

test("this machine is read live", async () => {
  const live = await read("live");
  expect(live.source).toBe("sysfs");
  expect(live.cores.length).toBeGreaterThan(0);
});

test("a machine described at length is read, though no file could have its name", async () => {
  const long = `core:4${" ".repeat(5000)}memory:8Gi`;
  const described = await readSource(`synthetic:${long}`, { parseTopology, pipes: true });
  expect(described.cores).toHaveLength(4);
});

test("a path that the system cannot follow is refused as a file, whatever names it", async () => {
  const loop = join(folder, "loop");
  symlinkSync(loop, loop);
  const long = join(folder, "x".repeat(300));
  for (const path of [loop, long, `${loop}/inside`]) {
    for (const source of [path, `sysfs:${path}`, `hwloc:${path}`]) {
      const reading = readSource(source, { parseTopology, pipes: true });
      expect((await codedError("file-unreadable", () => reading)).where, source).toBe(path);
    }
  }
  const named = readSource("x".repeat(300), { parseTopology, pipes: true });
  await codedError("source-unknown", () => named);
});

test("a recorded machine is read from a directory and from a tar, by prefix or by path", async () => {
  const tar = written("host7.tar", await packTar(recorded("host7/", 2)));
  mkdirSync(join(folder, "unpacked"));
  execFileSync("tar", ["-xf", tar, "-C", join(folder, "unpacked")]);
  for (const path of [tar, join(folder, "unpacked")]) {
    for (const source of [`sysfs:${path}`, path]) {
      expect((await read(source)).cores.map(({ cpus }) => cpus)).toEqual(["0", "1"]);
    }
  }
  expect((await read(tar)).name).toBe("host7");
});

test("one of several recorded machines must be chosen", async () => {
  const entries = [...recorded("lab/a/", 1), ...recorded("lab/b/", 3)];
  const tar = written("two#machines.tar", await packTar(entries));
  const error = await codedError("archive-ambiguous", () => read(`sysfs:${tar}`));
  expect(error.expected).toBe("one machine; it has lab/a, lab/b");
  expect(error.remedy).toBe(`choose one, as in 'sysfs:${tar}#lab/a'`);
  for (const inner of ["lab/b", "/lab/b/", "./lab/b"]) {
    const chosen = await read(`sysfs:${tar}#${inner}`);
    expect([chosen.name, chosen.cores.length]).toEqual(["b", 3]);
  }
  const missing = await codedError("tree-empty", () => read(`sysfs:${tar}#lab/c`));
  expect(missing.expected).toBe("one of lab/a, lab/b");
  const empty = written("empty.tar", await packTar([{ header: { name: "a", size: 0 }, body: "" }]));
  await codedError("tree-empty", () => read(`sysfs:${empty}`));
});

test("an export of hwloc is read by prefix and by path, whatever its name", async () => {
  const path = written("machine.json", exportOf(0));
  for (const source of [`hwloc:${path}`, path]) {
    const found = await read(source);
    expect([found.source, found.nodes.length]).toEqual(["hwloc", 1]);
  }
});

test("machines come from the catalog and from one line", async () => {
  expect(await read("machine:hgx-h100")).toEqual(catalogMachine("hgx-h100"));
  expect((await read("synthetic:node:2 core:4")).nodes).toHaveLength(2);
});

test("a Topology document is read by the parser that is given", async () => {
  expect((await read(written("host.json", "the document\n"))).name).toBe("documented");
  const path = written("other.yaml", "kind: Pod\n");
  const error = await codedError("document-invalid", () => read(path));
  expect(error.where).toBe(path);
  const nothing = await codedError("text-unexpected", () => read(written("nothing", "")));
  expect(nothing.message).toBe("is empty");
});

test("a file with a colon in its name is that file", async () => {
  expect((await read(written("sysfs:odd:name.yaml", "the document"))).name).toBe("documented");
});

test("an unknown source is refused with a suggestion", async () => {
  const meant: [string, string | null][] = [
    ["sysf:/x", "did you mean sysfs:/x?"],
    ["HWLOC:/x.xml", "did you mean hwloc:/x.xml?"],
    ["lve", "did you mean live?"],
    ["nvidiasmi:/x", "did you mean nvidia-smi:/x?"],
    ["numctl:/x", "did you mean numactl:/x?"],
    ["kubernets:/x", "did you mean kubernetes:/x?"],
    ["hgx-h100", "did you mean machine:hgx-h100?"],
    ["H100", "did you mean machine:dgx-h100 or machine:hgx-h100?"],
    ["snc", "did you mean machine:xeon-snc?"],
    ["gb", "did you mean ssh:gb?"],
    ["redfish:host", "evenkeel topology --help has an example of each"],
    ["redfish:/x", "evenkeel topology --help has an example of each"],
    ["", "evenkeel topology --help has an example of each"],
    ["localhost", "did you mean live?"],
    ["this", "did you mean live?"],
    ["catalog:hgx-h100", "did you mean machine:hgx-h100?"],
    ["type:mi300x", "did you mean machine:mi300x?"],
    ["machine/hgx-h100", "did you mean machine:hgx-h100?"],
    ["host:gpu-01", "did you mean ssh:gpu-01?"],
    ["ssh//gpu-01", "did you mean ssh:gpu-01?"],
    ["root@gpu-01", "did you mean ssh:root@gpu-01?"],
    ["gpu-01", "did you mean ssh:gpu-01?"],
    ["gpu-01:2222", "did you mean ssh://gpu-01:2222?"],
    ["lstopo:x.xml", "did you mean hwloc:x.xml?"],
  ];
  for (const [source, remedy] of meant) {
    const error = await codedError("source-unknown", () => read(source));
    expect(error.remedy, source).toBe(remedy);
    expect(error.expected).toMatch(/^one of live, sysfs:DIR/);
  }
  const ended: [string, string][] = [
    ["sysfs", "sysfs:DIR, or sysfs:TAR | write sysfs:FILE"],
    ["nvidia-smi", "nvidia-smi:FILE | write nvidia-smi:FILE"],
    ["machine", "machine:NAME | evenkeel topology --list has the names"],
    ["synthetic", "synthetic:TEXT | write synthetic:'core:8 memory:64Gi'"],
    ["ssh", "ssh:HOST | write ssh:gpu-01"],
  ];
  for (const [kind, advice] of ended) {
    const error = await codedError("source-unknown", () => read(`${kind}:`));
    expect(error.message).toBe(`"${kind}:" ends after its colon`);
    expect(`${error.expected} | ${error.remedy}`).toBe(advice);
  }
  const unknown = await codedError("machine-unknown", () => read("machine:hgx-h10"));
  expect(unknown.remedy).toBe("did you mean machine:hgx-h100?");
  expect(unknown.expected).toMatch(/dgx-a100/);
  await codedError("synthetic-malformed", () => read("synthetic:no such thing"));
});

test("any kind of file at a path is answered soon, with a code", async () => {
  const sparse = written("sparse", "");
  truncateSync(sparse, GiB);
  execFileSync("mkfifo", [join(folder, "fifo")]);
  mkdirSync(join(folder, "nothing-in-it"));
  const line = written("line", `{"a": "${"x".repeat(10 * MiB)}`);
  const zeros = written("zeros", new Uint8Array(MiB));
  const bomb = written(
    "bomb.xml",
    `<!DOCTYPE topology [<!ENTITY a "aa">]><topology>&a;</topology>`,
  );
  const truncated = written("cut.xml", exportOf(0).slice(0, -30));
  const latin1 = written("latin1.xml", Buffer.from(`<topology name="M\xfcnchen"/>`, "latin1"));
  const hostile: [string, Parameters<typeof codedError>[0]][] = [
    [join(folder, "missing.xml"), "file-missing"],
    [`hwloc:${join(folder, "missing.xml")}`, "file-missing"],
    [`sysfs:${join(folder, "missing")}`, "file-missing"],
    ["a\0b.json", "file-missing"],
    ["sysfs:a\0b", "file-missing"],
    [sparse, "file-too-large"],
    [`hwloc:${sparse}`, "file-too-large"],
    [`sysfs:${sparse}`, "file-too-large"],
    [join(folder, "fifo"), "file-unreadable"],
    [`sysfs:${join(folder, "fifo")}`, "file-unreadable"],
    [`hwloc:${folder}`, "file-unreadable"],
    ["hwloc:/dev/zero", "file-unreadable"],
    ["/dev/zero", "file-unreadable"],
    [join(folder, "nothing-in-it"), "tree-empty"],
    [line, "document-invalid"],
    [`hwloc:${line}`, "xml-malformed"],
    [`sysfs:${line}`, "archive-malformed"],
    [zeros, "text-malformed"],
    [`sysfs:${zeros}`, "archive-malformed"],
    [bomb, "xml-unsafe"],
    [truncated, "xml-malformed"],
    [latin1, "text-malformed"],
  ];
  for (const [source, code] of hostile) await codedError(code, () => read(source));
});
