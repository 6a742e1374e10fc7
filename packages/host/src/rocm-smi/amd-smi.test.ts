import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { readRocmSmi } from "./read-rocm-smi.ts";

let notes: string[] = [];

function read(text: string): Topology {
  notes = [];
  return readRocmSmi(text, "given.txt", (sentence) => void notes.push(sentence));
}

const head = `+------------------------------------------------------------------------------+
| AMD-SMI 26.2.0+021c61fc      amdgpu version: 6.14.14  ROCm version: 7.1.1    |
| VBIOS version: 00107962                                                      |
| Platform: Linux Baremetal                                                    |
|-------------------------------------+----------------------------------------|
| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |
| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |
|=====================================+========================================|
`;

const gpu = (index: number, bus: string, oam: string, mode = "SPX/NPS1"): string =>
  `| 0000:${bus}:00.0    AMD Instinct MI325X | 0 %      39 °C   0           142/1000 W |
|   ${index}       ${index}       ${oam.padEnd(3)}      ${mode} | 0 %        N/A           283/262128 MB |
|-------------------------------------+----------------------------------------|
`;

const brief = (topology: Topology): unknown[] =>
  topology.accelerators.map(({ address, index, model, memoryBytes, moduleId }) => [
    address,
    index,
    model,
    memoryBytes,
    moduleId,
  ]);

test("the table of amd-smi", () => {
  expect(brief(read(head + gpu(0, "05", "6") + gpu(1, "26", "0")))).toEqual([
    ["0000:05:00.0", 0, "Instinct MI325X", 262_128 * MiB, 6],
    ["0000:26:00.0", 1, "Instinct MI325X", 262_128 * MiB, 0],
  ]);
  expect(notes).toEqual([
    "the output of rocm-smi or amd-smi in given.txt also has the driver's version (6.14.14), " +
      "partition modes (SPX/NPS1): not used",
  ]);
});

test("a GPU without a name or an OAM, as of a workstation", () => {
  const text =
    "| 0000:c2:00.0                 0x1586 | N/A        N/A   0             N/A/0 W |\n" +
    "|   0       0     N/A             N/A | N/A        N/A           1013/65536 MB |\n";
  const topology = read(head + text);
  expect(brief(topology)).toEqual([["0000:c2:00.0", 0, null, 65_536 * MiB, null]]);
  expect(topology.pci[0]?.device).toBe("1586");
});

test("partitions of one GPU are its parts", () => {
  const [accelerator] = read(
    head + gpu(0, "05", "6", "CPX/NPS4") + gpu(1, "05", "6", "CPX/NPS4"),
  ).accelerators;
  expect(accelerator?.index).toBe(0);
  expect(accelerator?.instances).toEqual(
    [0, 1].map(() => ({
      profile: "CPX/NPS4",
      uuid: null,
      memoryBytes: 262_128 * MiB,
    })),
  );
});

test("a table that is cut is read as far as it goes", () => {
  const whole = head + gpu(0, "05", "6") + gpu(1, "26", "0");
  const topology = read(whole.slice(0, whole.indexOf("0000:26") + 60));
  expect(brief(topology)[1]).toEqual(["0000:26:00.0", null, "Instinct MI325X", null, null]);
  expect(notes[0]).toBe(
    "the output of rocm-smi or amd-smi in given.txt is not whole: it lacks the number and memory of 0000:26:00.0",
  );
});

const matrices = `LINK TYPE TABLE:
             0000:05:00.0 0000:26:00.0
0000:05:00.0 SELF         XGMI
0000:26:00.0 XGMI         SELF
DMA TABLE:
             0000:05:00.0 0000:26:00.0
0000:05:00.0 SELF         T
0000:26:00.0 T            SELF
`;

test("the table and the matrices of one machine are one", () => {
  const topology = read(`${head}${gpu(0, "05", "6")}${gpu(1, "26", "0")}\n${matrices}`);
  expect(brief(topology)).toHaveLength(2);
  expect(topology.links).toEqual([
    { a: "0000:05:00.0", b: "0000:26:00.0", kind: "xgmi", lanes: null },
  ]);
  expect(notes[0]).toContain("DMA TABLE: not used");
});

const list = `GPU: 0
    BDF: 0000:26:00.0
    UUID: a4ff74a1-0000-1000-80e5-0123456789ab
    KFD_ID: 63274
    NODE_ID: 2
    PARTITION_ID: 0

GPU: 1
    BDF: 0000:05:00.0
    UUID: N/A
`;

test("amd-smi list has addresses, and numbers that need not follow them", () => {
  const topology = read(`${list}\n${matrices}`);
  expect(topology.accelerators.map(({ address, index, uuid }) => [address, index, uuid])).toEqual([
    ["0000:05:00.0", 1, null],
    ["0000:26:00.0", 0, "a4ff74a1-0000-1000-80e5-0123456789ab"],
  ]);
  expect(topology.links).toHaveLength(1);
});

const fixed = `CPU: 0
    SMU:
        FW_VERSION: 85.90.0

GPU: 0
    ASIC:
        MARKET_NAME: Aqua Vanjaram [Instinct MI300A]
        VENDOR_ID: 0x1002
        DEVICE_ID: 0x74a0
        OAM_ID: 3
    BUS:
        BDF: 0000:01:00.0
        MAX_PCIE_WIDTH: 16
        MAX_PCIE_SPEED: 32 GT/s
    LIMIT:
        MAX_POWER: 550 W
    VRAM:
        TYPE: HBM3
        SIZE: 128304 MB
    CACHE_INFO:
        CACHE_0:
            CACHE_SIZE: 32 KB
    NUMA:
        NODE: 0
        AFFINITY: 2
`;

test("amd-smi static, as text and as JSON", () => {
  const json = JSON.stringify({
    gpu_data: [
      {
        gpu: 0,
        asic: { market_name: "AMD Instinct MI300A", device_id: "0x74a0", oam_id: 3 },
        bus: {
          bdf: "0000:01:00.0",
          max_pcie_width: 16,
          max_pcie_speed: { value: 32, unit: "GT/s" },
        },
        limit: { max_power: { value: 550, unit: "W" } },
        vram: { size: { value: 128_304, unit: "MB" } },
        numa: { node: 0, affinity: 2 },
      },
    ],
  });
  for (const text of [fixed, json]) {
    const topology = read(text);
    expect(brief(topology)).toEqual([["0000:01:00.0", 0, "Instinct MI300A", 128_304 * MiB, 3]]);
    expect(topology.pci[0]).toMatchObject({
      device: "74a0",
      node: 2,
      link: { speedGTs: null, width: null, maxSpeedGTs: 32, maxWidth: 16 },
    });
    expect(notes[0]).toMatch(/limit/i);
  }
  for (const odd of ['"three"', "1000", "-1", "0.5"]) {
    const [accelerator] = read(json.replace('"oam_id":3', `"oam_id":${odd}`)).accelerators;
    expect(accelerator).toMatchObject({ address: "0000:01:00.0", moduleId: null });
  }
});

const rocm = `============================ ROCm System Management Interface ============================
======================================= PCI Bus ID =======================================
GPU[0]\t\t: PCI Bus: 0000:05:00.0
GPU[1]\t\t: PCI Bus: 0000:26:00.0
================================== Memory Usage (Bytes) ==================================
GPU[0]\t\t: VRAM Total Memory (B): 206141652992
GPU[0]\t\t: VRAM Total Used Memory (B): 303824896
GPU[1]\t\t: VRAM Total Memory (B): 206141652992
====================================== Product Info ======================================
GPU[0]\t\t: Card Series: \t\tAMD Instinct MI300X OAM
GPU[0]\t\t: Card Model: \t\t0x74a1
GPU[0]\t\t: Card SKU: \t\tMI3SRIOV
GPU[1]\t\t: Card series: \t\t0x74a1
==========================================================================================
`;

test("rocm-smi --showbus --showmeminfo vram --showproductname, and amd-smi beside it", () => {
  for (const text of [rocm, `${rocm}\n${matrices}`, `${matrices}\n${rocm}`]) {
    const topology = read(text);
    expect(brief(topology)).toEqual([
      ["0000:05:00.0", 0, "Instinct MI300X OAM", 206_141_652_992, null],
      ["0000:26:00.0", 1, "Instinct MI300X", 206_141_652_992, null],
    ]);
    expect(topology.links).toHaveLength(text === rocm ? 0 : 1);
    expect(notes[0]).toContain("Product Info");
  }
});

test("rocm-smi as CSV and JSON, and its short table", () => {
  const csv =
    "device,VRAM Total Memory (B),VRAM Total Used Memory (B),Card Series,GFX Version\n" +
    "card0,17163091968,8581545984,AMD Radeon RX 9070 XT,gfx1201\n";
  const json = JSON.stringify({
    card0: { "VRAM Total Memory (B)": "17163091968", "Card Series": "AMD Radeon RX 9070 XT" },
    system: { "Driver version": "6.14.14" },
  });
  for (const text of [csv, json]) {
    expect(brief(read(text))).toEqual([
      ["ffffff00:00:00.0", 0, "Radeon RX 9070 XT", 17_163_091_968, null],
    ]);
  }
  const short =
    "Device  Node  IDs              Temp        Power\n" +
    "              (DID,     GUID)  (Junction)  (Socket)\n" +
    "0       2     0x74a1,   28851  43.0°C      139.0W\n";
  expect(brief(read(short))).toEqual([["ffffff00:00:00.0", 0, "Instinct MI300X", null, null]]);
});
