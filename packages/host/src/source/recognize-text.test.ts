import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readingsIn } from "./recognize-text.ts";
import { plainText } from "../text/plain-text.ts";
import { textSources } from "./text-sources.ts";

const sourcesIn = (text: string): string[] =>
  readingsIn(plainText(text)).map(({ source }) => source);

const texts: readonly (readonly [string | null, string])[] = [
  [
    "hwloc",
    '<?xml version="1.0"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n<topology version="2.0">',
  ],
  ["nccl", '<!-- a cloud\'s <topology> -->\n<system version="1">'],
  ["libvirt", "\n<capabilities>\n"],
  ["libvirt", "<devices>\n <device>\n"],
  [
    "nvidia-smi",
    '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "x.dtd">\n<nvidia_smi_log>',
  ],
  ["nvidia-smi", "\t\u001b[4mGPU0\tGPU1\u001b[0m\nGPU0\t X \tNV18\nGPU1\tNV18\t X \n"],
  ["nvidia-smi", "$ nvidia-smi -L\nGPU 0: NVIDIA L4 (UUID: GPU-1)\n"],
  ["nvidia-smi", "\n==============NVSMI LOG==============\n"],
  ["rocm-smi", "===== ROCm System Management Interface =====\n"],
  ["rocm-smi", '{"card0": {}}'],
  ["numactl", "available: 2 nodes (0-1)\nnode 0 cpus: 0 1\n"],
  ["lscpu", "Architecture:        x86_64\n"],
  ["lscpu", "Architecture:          loongarch64\n"],
  ["lscpu", "# The following is the parsable format, which can be fed to other\n"],
  ["lscpu", '{\n   "lscpu": [\n'],
  ["lspci", "1b:00.0 3D controller: NVIDIA Corporation Device 2330\n"],
  ["lspci", '0000:00:00.0 "Host bridge" "Intel" "Device"\n'],
  ["lspci", "-[0000:00]-+-00.0\n"],
  ["lspci", "10000:e1:00.0 Non-Volatile memory controller: Samsung Electronics Device a80a\n"],
  ["lspci", "-+-[10000:e0]-+-06.0\n"],
  ["kubernetes", "# a comment\napiVersion: topology.node.k8s.io/v1alpha2\n"],
  ["kubernetes", "apiVersion: v1\nitems:\n- apiVersion: resource.k8s.io/v1\n"],
  ["kubernetes", '{"apiVersion": "resource.k8s.io/v1beta1"}'],
  ["document", '{"apiVersion": "evenkeel/v1", "kind": "Topology"}'],
  ["document", "apiVersion: evenkeel/v1\nkind: Topology\n"],
  ["document", '{"x": 1}'],
  [null, "apiVersion: v1\nkind: Pod\n"],
  [null, "<html></html>"],
  [
    "numactl",
    "<details><summary>NUMA</summary>\n\n> available: 2 nodes (0-1)\n> node 0 cpus: 0 1\n</details>\n",
  ],
  [null, ""],
];

test("a text is recognized by lines that only its tool prints, and otherwise not guessed", () => {
  for (const [name, text] of texts) {
    expect([text, sourcesIn(text)]).toEqual([text, name === null ? [] : [name]]);
  }
  for (const [name] of texts) {
    expect(name === null || name === "document" || textSources.has(name)).toBe(true);
  }
});

test("an indented listing is moved to the margin, and keeps its own indentation", () => {
  const lspci = "1b:00.0 3D controller: NVIDIA Corporation Device 2330\n\tNUMA node: 1\n";
  const indented = lspci.replaceAll(/^(?=.)/gm, "    ");
  expect(readingsIn(`See:\n\n${indented}`)).toEqual([
    { source: "lspci", text: `See:\n\n${lspci}` },
  ]);
  const both = readingsIn(`${indented}\n    available: 1 nodes (0)\n`);
  expect(both.map(({ source }) => source)).toEqual(["lspci", "numactl"]);
  expect(both[0]?.text.trimEnd()).toBe(lspci.trimEnd());
});

test("no beginning takes long to recognize", () => {
  for (const piece of ["\n", " ", "GPU0 ", "<", "<!--", "{", "=", "a", "\t\n", "GPU0\tX", "-+-["]) {
    const text = piece.repeat(65_536 / piece.length);
    const before = process.cpuUsage();
    sourcesIn(text);
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  }
});

describe.skipIf(corpus("nccl-xml") === null)("recordings", () => {
  test.each([
    ["nccl-xml", /\.xml$/, "nccl"],
    ["libvirt-caps", /\.(xml|out)$/, "libvirt"],
    ["libvirt-nodedev", /xml$/, "libvirt"],
    ["lscpu-golden", /^lscpu.*\.expected$/, "lscpu"],
    ["numactl-lscpu", /\.out$/, "numactl"],
    ["nvidia-smi-topo", /\.txt$/, "nvidia-smi"],
    ["hwloc-xml", /\.xml$/, "hwloc"],
  ])("all outputs of %s are recognized", (folder, ending, name) => {
    const path = corpus(folder) ?? "";
    const files = existsSync(path) ? readdirSync(path).filter((file) => ending.test(file)) : [];
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const start = readFileSync(join(path, file), "latin1").slice(0, 65_536);
      expect([file, sourcesIn(start)]).toEqual([file, [name]]);
    }
  });
});
