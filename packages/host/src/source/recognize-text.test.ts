import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { outputs, strangers } from "../../testing/pasted/outputs.ts";
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
  [
    "nvidia-smi",
    "| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |\n",
  ],
  [
    "nvidia-smi",
    "|   0  NVIDIA GB10                    On  |   0000000F:01:00.0 Off |                  N/A |\n",
  ],
  [
    "nvidia-smi",
    "|   3  NVIDIA A100 80G...  On   | 00000001:00:00.0 Off |                   On |\n",
  ],
  ["nvidia-smi", "index, name, pci.bus_id, memory.total [MiB]\n"],
  ["nvidia-smi", "name, memory.total [MiB]\nNVIDIA L4, 23034 MiB\n"],
  ["nvidia-smi", "0, NVIDIA L4, 00000000:21:00.0, 23034 MiB\n"],
  [
    "nvidia-smi",
    "$ nvidia-smi --query-gpu=name,memory.total --format=csv,noheader\nNVIDIA L4, 23034 MiB\n",
  ],
  ["nvidia-smi", " \tGPU0\tGPU1\t\n GPU0\tX\tOK\t\n GPU1\tOK\tX\t\n"],
  [
    "rocm-smi",
    "| AMD-SMI 26.0.2+39589fda      amdgpu version: 6.16.13  ROCm version: 7.0.2    |\n",
  ],
  [
    "rocm-smi",
    "| 0000:0d:00.0    AMD Instinct MI355X | N/A        N/A   0          N/A/1400 W |\n",
  ],
  ["rocm-smi", "GPU: 0\n    BDF: 0000:05:00.0\n"],
  ["rocm-smi", "GPU[0]\t\t: Card Series: \t\tAMD Instinct MI300X OAM\n"],
  ["rocm-smi", "device,Card Series,Card Model\ncard0,AMD Instinct MI300X,0x74a1\n"],
  ["rocm-smi", "gpu,bdf,uuid\n0,0000:05:00.0,N/A\n"],
  ["rocm-smi", '{"gpu_data": [{"gpu": 0}]}'],
  ["hl-smi", "| HL-SMI Version:                              hl-1.18.0-fw-53.1.1.1          |\n"],
  ["hl-smi", "|   0  HL-225              N/A  | 0000:12:00.0     N/A |                   0 |\n"],
  ["hl-smi", "modID   CPU Affinity    NUMA Affinity\n0       0-39, 80-119    0\n"],
  ["hl-smi", "[0] AIP (accel0) 0000:43:00.0\n        Product Name                    : HL-225\n"],
  ["hl-smi", "index, module_id, bus_id\n0, 1, 0000:43:00.0\n"],
  ["xpu-smi", "         GPU 0/0|GPU 0/1|CPU Affinity\nGPU 0/0 |S      |MDF    |0-23\n"],
  [
    "xpu-smi",
    "| Device ID | Device Information            |\n| 0         | Device Name: Intel(R) |\n",
  ],
  ["xpu-smi", '{\n    "device_list": [\n'],
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

test("outputs of other programs are named by their lines, and blank ones end none", () => {
  const { numactl = "", lscpu = "" } = outputs;
  const free = strangers["the output of free"] ?? "";
  const numastat = strangers["the output of numastat"] ?? "";
  const parts = ["root@a:~# uptime\n up\n", numactl, free, "\n\n", lscpu, numastat, "\n"];
  const starts = parts.map((_, i) => parts.slice(0, i).join("").split("\n").length);
  const [uptime = 0, , ofFree = 0, , , ofStat = 0] = starts;
  const unread: unknown[] = [];
  const found = readingsIn(parts.join(""), (one) => void unread.push(one));
  expect(found.map(({ source }) => source)).toEqual(["numactl", "lscpu"]);
  expect(unread).toMatchObject([
    { name: "the output of uptime", first: uptime, last: uptime + 1 },
    { name: "the output of free", first: ofFree, last: ofFree + 2 },
    { name: "the output of numastat", first: ofStat, last: ofStat + 2 },
  ]);
});

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
      // A recording of lscpu may hold several of its forms.
      expect([file, [...new Set(sourcesIn(start))]]).toEqual([file, [name]]);
    }
  });
});
