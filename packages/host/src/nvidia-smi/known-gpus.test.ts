import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readNvidiaSmiQuery } from "./read-query-xml.ts";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";

let notes: string[] = [];

function read(text: string): Topology {
  notes = [];
  return readNvidiaSmiQuery(text, "given.txt", (sentence) => void notes.push(sentence));
}

const head = `+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.86.15              Driver Version: 570.86.15      CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
`;

/** A GPU's three lines as drivers since 535 print them. */
const rows = (
  index: number,
  bus: string,
  mig = "Disabled",
  memory = "   4MiB / 143771MiB",
): string =>
  `|   ${index}  NVIDIA H200                    On  |   00000000:${bus}:00.0 Off |                    0 |
| N/A   30C    P0             75W /  700W |    ${memory.padStart(19)} |      0%      Default |
|                                         |                        | ${mig.padStart(20)} |
+-----------------------------------------+------------------------+----------------------+
`;

const brief = (topology: Topology): unknown[] =>
  topology.accelerators.map(({ address, index, model, memoryBytes, migEnabled }) => [
    address,
    index,
    model,
    memoryBytes,
    migEnabled,
  ]);

test("the plain table: names, addresses, memory, MIG mode, and what is not used", () => {
  const topology = read(head + rows(0, "0A") + rows(1, "1B", "Enabled*") + rows(2, "2C", "N/A"));
  expect(brief(topology)).toEqual([
    ["0000:0a:00.0", 0, "H200", 143_771 * MiB, false],
    ["0000:1b:00.0", 1, "H200", 143_771 * MiB, true],
    ["0000:2c:00.0", 2, "H200", 143_771 * MiB, null],
  ]);
  expect(topology.accelerators[0]?.productName).toBe("NVIDIA H200");
  expect(topology.pci.every(({ node, link }) => node === null && link === null)).toBe(true);
  expect(notes).toEqual([
    "the output of nvidia-smi in given.txt also has the driver's version (570.86.15), what the GPUs are doing: not used",
  ]);
});

test.each([
  [
    "since 450, with a name that is cut",
    "|   3  NVIDIA A100 80G...  On   | 00000001:00:00.0 Off |                   On |\n" +
      "| N/A   34C    P0    44W / 300W |     45MiB / 81920MiB |     N/A      Default |\n" +
      "|                               |                      |              Enabled |\n",
    ["0001:00:00.0", 3, "A100 80G", 81_920 * MiB, true],
  ],
  [
    "before 384, with a short domain",
    "|   0  Tesla P100-SXM2...  On   | 0000:06:00.0     Off |                    0 |\n" +
      "| N/A   36C    P0    31W / 300W |      0MiB / 16276MiB |      0%      Default |\n",
    ["0000:06:00.0", 0, "Tesla P100-SXM2", 16_276 * MiB, null],
  ],
  [
    "on Windows",
    "|   0  NVIDIA GeForce RTX 4090      WDDM  |   00000000:01:00.0  On |                  Off |\n" +
      "|  0%   45C    P8             21W /  450W |    1209MiB /  24564MiB |      3%      Default |\n",
    ["0000:01:00.0", 0, "GeForce RTX 4090", 24_564 * MiB, null],
  ],
  [
    "memory that is the processor's",
    "|   0  NVIDIA GB10                    On  |   0000000F:01:00.0 Off |                  N/A |\n" +
      "| N/A   39C    P8              3W /  N/A  | Not Supported          |      0%      Default |\n",
    ["000f:01:00.0", 0, "GB10", null, null],
  ],
])("the table of a driver %s", (_, text, expected) => {
  expect(brief(read(text))).toEqual([expected]);
  expect(notes.filter((note) => note.includes("lacks"))).toEqual([]);
});

test("MIG devices below the table, once, also of a GPU whose own lines are missing", () => {
  const parts = `+-----------------------------------------------------------------------------------------+
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |                     Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                       BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|==================+==================================+===========+=======================|
|  0    1   0   0  |              44MiB / 71424MiB    | 60      0 |  3   0    3    0    3 |
|                  |               0MiB / 98303MiB    |           |                       |
+------------------+----------------------------------+-----------+-----------------------+
|  0    2   0   1  |              44MiB / 71424MiB    | 60      0 |  3   0    3    0    3 |
|  5    9   0   0  |              12MiB / 17792MiB    | 16      0 |  1   0    1    0    1 |
`;
  const topology = read(head + rows(0, "0A", "Enabled") + parts + rows(0, "0A") + parts);
  const part = (mebibytes: number): unknown => ({
    profile: null,
    uuid: null,
    memoryBytes: mebibytes * MiB,
  });
  expect(topology.accelerators.map(({ instances }) => instances)).toEqual([
    [part(71_424), part(71_424)],
    [part(17_792)],
  ]);
  expect(topology.accelerators.map(({ migEnabled }) => migEnabled)).toEqual([true, true]);
});

test("a table that is cut is read as far as it goes", () => {
  const whole = head + rows(0, "0A") + rows(1, "1B");
  const cut = whole.slice(0, whole.indexOf("1B:00.0") + 8);
  expect(brief(read(cut))).toEqual([
    ["0000:0a:00.0", 0, "H200", 143_771 * MiB, false],
    ["0000:1b:00.0", 1, "H200", null, null],
  ]);
  expect(notes[0]).toBe(
    "the output of nvidia-smi in given.txt is not whole: it lacks the memory of GPU 1",
  );
});

test("a list with a hole keeps the tool's numbers and names", () => {
  const topology = read(
    "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0)\n  MIG 1g.5gb     Device  0: (UUID: MIG-0)\n" +
      "GPU 2: NVIDIA A100-SXM4-40GB (UUID: GPU-2)\n",
  );
  expect(topology.accelerators.map(({ index, productName }) => [index, productName])).toEqual([
    [0, "NVIDIA A100-SXM4-40GB"],
    [2, "NVIDIA A100-SXM4-40GB"],
  ]);
  expect(topology.accelerators[0]?.instances[0]?.profile).toBe("1g.5gb");
  expect(notes).toEqual(["the output of nvidia-smi in given.txt is not whole: it lacks GPU 1"]);
});

test("a list and a table complete each other by number", () => {
  const list = "GPU 1: NVIDIA H200 (UUID: GPU-01234567-89ab-cdef-0123-000000000001)\n";
  const topology = read(`${list}\n${head}${rows(0, "0A")}${rows(1, "1B")}`);
  expect(topology.accelerators.map(({ address, uuid }) => [address, uuid])).toEqual([
    ["0000:0a:00.0", null],
    ["0000:1b:00.0", "GPU-01234567-89ab-cdef-0123-000000000001"],
  ]);
});

test("a list and a query complete each other by UUID, and a query and a table by address", () => {
  const uuid = (i: number): string => `GPU-01234567-89ab-cdef-0123-00000000000${i}`;
  const list = `GPU 0: NVIDIA H200 (UUID: ${uuid(0)})\nGPU 1: NVIDIA H200 (UUID: ${uuid(1)})\n`;
  const query = `uuid, pci.bus_id\n${uuid(1)}, 00000000:1B:00.0\n${uuid(0)}, 00000000:0A:00.0\n`;
  const both = [
    ["0000:0a:00.0", uuid(0), 0],
    ["0000:1b:00.0", uuid(1), 1],
  ];
  for (const text of [`${list}\n${query}`, `${query}\n${head}${rows(0, "0A")}${rows(1, "1B")}`]) {
    const { accelerators } = read(text);
    expect(accelerators.map(({ address, uuid: own, index }) => [address, own, index])).toEqual(
      both,
    );
  }
});

test("a query's CSV is read by the names in its first line", () => {
  const topology = read(
    "index, name, pci.bus_id, memory.total [MiB], pcie.link.gen.current, pcie.link.width.max, power.draw [W], mig.mode.current\n" +
      "0, NVIDIA L40S, 00000000:01:00.0, 46068 MiB, 4, 16, 33.21 W, [N/A]\n" +
      "1, NVIDIA L40S, 00000000:41:00.0, 46068 MiB, 1, 16, 32.00 W, [N/A]\n",
  );
  expect(brief(topology)).toEqual([
    ["0000:01:00.0", 0, "L40S", 46_068 * MiB, null],
    ["0000:41:00.0", 1, "L40S", 46_068 * MiB, null],
  ]);
  expect(topology.pci[0]?.link).toEqual({
    speedGTs: 16,
    width: null,
    maxSpeedGTs: null,
    maxWidth: 16,
  });
  expect(notes).toEqual(["the output of nvidia-smi in given.txt also has power.draw: not used"]);
});

test("without a first line a query is read by its command, or by the form of its values", () => {
  const row = "1, NVIDIA L4, 00000000:21:00.0, 23034\n";
  const command =
    "$ nvidia-smi --query-gpu=index,name,pci.bus_id,memory.total --format=csv,noheader,nounits\n";
  expect(brief(read(command + row))).toEqual([["0000:21:00.0", 1, "L4", 23_034 * MiB, null]]);
  expect(brief(read(row))).toEqual([["0000:21:00.0", null, "L4", null, null]]);
});

test("a table beside a matrix gives its GPUs their addresses, as many as it has", () => {
  const matrix =
    "\tGPU0\tGPU1\tGPU2\tNIC0\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV18\tNV18\tPIX\t0-7\t0\n" +
    "GPU1\tNV18\t X \tNV18\tSYS\t8-15\t1\nGPU2\tNV18\tNV18\t X \tSYS\t8-15\t1\nNIC0\tPIX\tSYS\tSYS\t X \n";
  notes = [];
  const topology = readNvidiaSmiTopo(
    `${head}${rows(0, "0A")}${rows(1, "1B")}\n${matrix}`,
    "given.txt",
    (sentence) => void notes.push(sentence),
  );
  expect(brief(topology)).toEqual([
    ["0000:0a:00.0", 0, "H200", 143_771 * MiB, false],
    ["0000:1b:00.0", 1, "H200", 143_771 * MiB, false],
    ["ffffff00:00:00.2", 2, null, null, null],
  ]);
  const of = interconnects(topology);
  expect(of("0000:0a:00.0", "ffffff00:00:00.2")).toBe("NV18");
  expect(of("0000:0a:00.0", topology.nics[0]?.address ?? "")).toBe("PIX");
  expect(topology.pci.find(({ address }) => address === "0000:1b:00.0")?.node).toBe(1);
  expect(notes[0]).toBe(
    "the output of nvidia-smi in given.txt is not whole: it lacks the name of GPU2",
  );
});

test("a GPU that only the list has is kept beside the matrix", () => {
  const topology = readNvidiaSmiTopo(
    "GPU 0: NVIDIA L4 (UUID: GPU-0)\nGPU 2: NVIDIA L4 (UUID: GPU-2)\n\nGPU0 GPU1\nGPU0 X SYS\nGPU1 SYS X\n",
    "given.txt",
  );
  expect(topology.accelerators.map(({ index, model }) => [index, model])).toEqual([
    [0, "L4"],
    [1, null],
    [2, "L4"],
  ]);
});

test("a matrix of peer-to-peer access gives its GPUs, over NVLink their links", () => {
  const matrix = (capability: string, cell: string): string =>
    `$ nvidia-smi topo -p2p ${capability}\n \tGPU0\tGPU1\t\n GPU0\tX\t${cell}\t\n GPU1\t${cell}\tX\t\n\nLegend:\n\n  X    = Self\n  OK   = Status Ok\n`;
  const refused = read(matrix("r", "CNS"));
  expect(refused.accelerators.map(({ index }) => index)).toEqual([0, 1]);
  expect(refused.links).toEqual([]);
  expect(notes).toEqual([
    "the output of nvidia-smi in given.txt also has peer-to-peer access (read): CNS between all GPUs: not used",
  ]);
  const linked = read(matrix("n", "OK") + matrix("w", "OK"));
  expect(linked.links).toMatchObject([{ kind: "nvlink", lanes: null }]);
  expect(notes[0]).toContain("(NVLink): OK between all GPUs, peer-to-peer access (write): OK");
});

test("Grace Hopper: its own name among those of its id, NVLink-C2C and the shared page tables", () => {
  const query = (mode: string): string => `==============NVSMI LOG==============
Attached GPUs                             : 2
GPU 00000009:01:00.0
    Product Name                          : NVIDIA GH200 120GB
    Addressing Mode                       : ${mode}
    GPU C2C Mode                          : Enabled
    Ecc Mode
        Current                           : Enabled
    PCI
        Device Id                         : 0x234210DE
        GPU Link Info
            PCIe Generation
                Current                   : 4
            Link Width
                Current                   : 1x
`;
  const topology = read(query("ATS"));
  expect(topology.accelerators).toMatchObject([
    { model: "GH200 120GB", productName: "NVIDIA GH200 120GB", c2c: true },
  ]);
  expect(topology.pci[0]).toMatchObject({ atsEnabled: true, link: { speedGTs: 16, width: 1 } });
  expect(notes).toEqual([
    "the output of nvidia-smi in given.txt is not whole: it lacks 1 of its 2 GPUs",
    "the output of nvidia-smi in given.txt also has Ecc Mode: not used",
  ]);
  expect(read(query("HMM")).pci[0]?.atsEnabled).toBeNull();
});

test("the same in XML", () => {
  const topology = read(
    "<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id='00000009:01:00.0'>" +
      "<product_name>NVIDIA GH200 480GB</product_name><addressing_mode>ATS</addressing_mode>" +
      "<c2c_mode>Disabled</c2c_mode><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>" +
      "<serial>N/A</serial><pci><pci_device_id>234210DE</pci_device_id></pci></gpu></nvidia_smi_log>",
  );
  expect(topology.accelerators).toMatchObject([{ model: "GH200 480GB", c2c: false }]);
  expect(topology.pci[0]?.atsEnabled).toBe(true);
  expect(notes).toEqual(["the output of nvidia-smi in given.txt also has ecc_mode: not used"]);
});

test.each([
  ["a head alone", head],
  ["prose with numbers", "0, 1 and 2 are GPUs, on 0000:0a:00.0\n"],
  ["names of no GPUs", "name, uuid\nfoo\n"],
])("%s is refused", async (_, text) => {
  await codedError("text-unexpected", () => read(text));
});
