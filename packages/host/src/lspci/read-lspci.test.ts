import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readLspci } from "./read-lspci.ts";

const read = (text: string): Topology => readLspci(text, "bundle/lspci.txt");
const device = (text: string, address: string) =>
  read(text).pci.find((each) => each.address === address);

/**
 * A root port, a switch with two GPUs and a NIC with virtual functions, as `lspci -vvvnn` has them.
 */
const verbose = `0000:15:01.0 PCI bridge [0604]: Intel Corporation Device [8086:352a] (rev 04) (prog-if 00 [Normal decode])
	Control: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr+ Stepping- SERR+ FastB2B- DisINTx+
	NUMA node: 0
	IOMMU group: 5
	Region 0: Memory at 1ffffe0000 (64-bit, non-prefetchable) [size=128K]
	Bus: primary=15, secondary=16, subordinate=1a, sec-latency=0
	I/O behind bridge: 0000f000-00000fff [disabled] [32-bit]
	Memory behind bridge: a0000000-a8ffffff [size=144M] [32-bit]
	Capabilities: [40] Express (v2) Root Port (Slot+), MSI 00
		LnkCap:	Port #1, Speed 32GT/s, Width x16, ASPM not supported
			ClockPM- Surprise+ LLActRep+ BwNot+ ASPMOptComp+
		LnkSta:	Speed 32GT/s, Width x16
			TrErr- Train- SlotClk+ DLActive+ BWMgmt+ ABWMgmt-
		LnkCap2: Supported Link Speeds: 2.5-32GT/s, Crosslink- Retimer+ 2Retimers+ DRS-
		LnkSta2: Current De-emphasis Level: -6dB, EqualizationComplete+
	Kernel driver in use: pcieport

0000:16:00.0 PCI bridge [0604]: Broadcom / LSI PEX890xx PCIe Gen 5 Switch [1000:c030] (rev b0) (prog-if 00 [Normal decode])
	Control: I/O- Mem+ BusMaster+
	Bus: primary=16, secondary=17, subordinate=1a, sec-latency=0

0000:17:00.0 PCI bridge [0604]: Broadcom / LSI PEX890xx PCIe Gen 5 Switch [1000:c030] (rev b0) (prog-if 00 [Normal decode])
	Control: I/O- Mem+ BusMaster+
	Bus: primary=17, secondary=18, subordinate=18, sec-latency=0

0000:17:01.0 PCI bridge [0604]: Broadcom / LSI PEX890xx PCIe Gen 5 Switch [1000:c030] (rev b0) (prog-if 00 [Normal decode])
	Control: I/O- Mem+ BusMaster+
	Bus: primary=17, secondary=19, subordinate=1a, sec-latency=0

0000:18:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)
	Subsystem: NVIDIA Corporation Device [10de:16c1]
	Control: I/O- Mem+ BusMaster+
	Status: Cap+ 66MHz- UDF-
	NUMA node: 0
	IOMMU group: 40
	Region 0: Memory at a0000000 (32-bit, non-prefetchable) [disabled] [size=16M]
	Region 1: Memory at 20000000000 (64-bit, prefetchable) [size=128G]
	Region 3: Memory at 22000000000 (64-bit, prefetchable) [size=32M]
	Region 5: I/O ports at e000 [size=128]
	Expansion ROM at a1000000 [disabled] [size=512K]
	Capabilities: [60] Express (v2) Endpoint, MSI 00
		LnkCap:	Port #0, Speed 32GT/s, Width x16, ASPM L1, Exit Latency L1 unlimited
		LnkSta:	Speed 2.5GT/s (downgraded), Width x8 (downgraded)
	Kernel driver in use: vfio-pci
	Kernel modules: nvidia

0000:19:00.0 Infiniband controller [0207]: Mellanox Technologies MT2910 Family [ConnectX-7] [15b3:1021]
	Control: I/O- Mem+ BusMaster+
	NUMA node: 0
	Region 0: Memory at 23000000000 (64-bit, prefetchable) [size=32M]
	Capabilities: [180 v1] Single Root I/O Virtualization (SR-IOV)
		Initial VFs: 16, Total VFs: 16, Number of VFs: 2, Function Dependency Link: 00
		VF offset: 256, stride: 1, Device ID: 101e
		Region 0: Memory at 0000023002000000 (64-bit, prefetchable)
	Kernel driver in use: mlx5_core

0000:1a:00.0 Infiniband controller [0207]: Mellanox Technologies ConnectX Family mlx5Gen Virtual Function [15b3:101e]
	Control: I/O- Mem- BusMaster-
	Capabilities: <access denied>
`;

test("a function is read with all its details", () => {
  expect(device(verbose, "0000:18:00.0")).toEqual({
    address: "0000:18:00.0",
    parent: "0000:17:00.0",
    root: "pci0000:15",
    class: "030200",
    vendor: "10de",
    device: "2330",
    node: 0,
    iommuGroup: 40,
    driver: "vfio-pci",
    link: { speedGTs: 2.5, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
    barBytes: [16 * MiB, 128 * GiB, 32 * MiB],
    physicalFunction: null,
    // Of an Express function only what lies in the first 256 bytes is printed here.
    acsRedirect: null,
    atsEnabled: null,
    interrupts: null,
    hostUse: null,
  });
  expect(device(verbose, "0000:15:01.0")).toMatchObject({
    parent: null,
    class: "060400",
    iommuGroup: 5,
    link: { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 },
    barBytes: [128 * KiB],
  });
  const { accelerators, nics, nodes } = read(verbose);
  expect(accelerators.map(({ model }) => model)).toEqual(["H100 SXM5 80GB"]);
  expect(nics).toEqual([{ address: "0000:19:00.0", name: null, rdma: true, ports: null }]);
  expect(nodes.map(({ id, cpus }) => [id, cpus])).toEqual([[0, null]]);
  // As pasted where tabs become blanks, and with the line ends of another system.
  expect(read(verbose.replaceAll("\t", "        ").replaceAll("\n", "\r\n"))).toEqual(
    read(verbose),
  );
});

test("bridges' bus numbers give the switch, and a virtual function its parent", () => {
  expect(interconnects(read(verbose))("0000:18:00.0", "0000:19:00.0")).toBe("PIX");
  // On the next bus, which the same bridge leads to.
  expect(device(verbose, "0000:1a:00.0")).toMatchObject({
    parent: "0000:17:01.0",
    physicalFunction: "0000:19:00.0",
    barBytes: [],
  });
});

test("a GPU's virtual function belongs to that GPU, with or without an SR-IOV capability", () => {
  const kind = "3D controller [0302]: NVIDIA Corporation GA102GL [A40] [10de:2235] (rev a1)";
  const plain = ["00.0", "00.4", "00.5", "01.0"].map((at) => `3b:${at} ${kind}`).join("\n");
  const { pci, accelerators } = read(plain);
  const whole = "0000:3b:00.0";
  expect(pci.map(({ physicalFunction }) => physicalFunction)).toEqual([null, whole, whole, whole]);
  expect(accelerators.map(({ model, profile }) => [model, profile])).toEqual(
    Array.from({ length: 4 }, () => ["A40", null]),
  );
  const amd = `85:00.0 Processing accelerators [1200]: Advanced Micro Devices, Inc. [AMD/ATI] Aqua Vanjaram [Instinct MI300X] [1002:74a1]
\tControl: I/O- Mem+ BusMaster+
\tCapabilities: [330 v1] Single Root I/O Virtualization (SR-IOV)
\t\tInitial VFs: 8, Total VFs: 8, Number of VFs: 1, Function Dependency Link: 00
\t\tVF offset: 16, stride: 1, Device ID: 74b5
85:02.0 Processing accelerators [1200]: Advanced Micro Devices, Inc. [AMD/ATI] Device [1002:74b5]
`;
  expect(read(amd).accelerators).toMatchObject([
    { address: "0000:85:00.0", model: "Instinct MI300X" },
    { address: "0000:85:02.0", model: "Instinct MI300X", profile: null },
  ]);
  expect(read(amd).pci[1]?.physicalFunction).toBe("0000:85:00.0");
  // The same without details, and another vendor's.
  const bare = amd.replaceAll(/\t.*\n/g, "");
  expect(read(bare).pci[1]?.physicalFunction).toBe("0000:85:00.0");
  const flex = "Display controller [0380]: Intel Corporation Data Center GPU Flex 170 [8086:56c0]";
  const found = read(["00.0", "00.1", "00.2"].map((at) => `4d:${at} ${flex}`).join("\n"));
  expect(found.pci.map(({ physicalFunction }) => physicalFunction)).toEqual([
    null,
    "0000:4d:00.0",
    "0000:4d:00.0",
  ]);
  expect(found.accelerators.map(({ model }) => model)).toEqual(
    Array.from({ length: 3 }, () => "Data Center GPU Flex 170"),
  );
  // Two GPUs of a guest on one bus are two.
  const guest = read(`01:01.0 ${kind}\n01:02.0 ${kind}`);
  expect(guest.pci.map(({ physicalFunction }) => physicalFunction)).toEqual([null, null]);
});

test("ACS and ATS are known where lspci prints them, and absent where a verbose listing lacks them", () => {
  const controls = (details: string): unknown[] => {
    const text = `17:00.0 PCI bridge [0604]: Broadcom / LSI PEX890xx [1000:c030] (rev b0)\n${details}`;
    const [first] = read(text).pci;
    return [first?.acsRedirect, first?.atsEnabled];
  };
  const seen = "\tControl: I/O- Mem+ BusMaster+\n\tCapabilities: [68] Express (v2) Upstream Port\n";
  const acs = (control: string): string =>
    `\tCapabilities: [148 v1] Access Control Services\n` +
    `\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans+\n` +
    `\t\tACSCtl:\t${control}\n`;
  const on = "SrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-";
  expect(controls(seen + acs(on))).toEqual([true, false]);
  expect(controls(seen + acs(on.replaceAll("Redir+", "Redir-")))).toEqual([false, false]);
  expect(controls(seen + acs(on.replace("ReqRedir+", "ReqRedir-")))).toEqual([true, false]);
  const ats =
    "\tCapabilities: [1b0 v1] Address Translation Service (ATS)\n\t\tATSCap:\tInvalidate Queue Depth: 00\n";
  expect(controls(`${seen}${ats}\t\tATSCtl:\tEnable+, Smallest Translation Unit: 00\n`)).toEqual([
    false,
    true,
  ]);
  expect(controls(`${seen}${ats}\t\tATSCtl:\tEnable-, Smallest Translation Unit: 00\n`)).toEqual([
    false,
    false,
  ]);
  // Conventional PCI has neither.
  const old = "\tControl: I/O- Mem+\n\tCapabilities: [50] Power Management version 3\n";
  expect(controls(old)).toEqual([false, false]);
  for (const unknown of [
    "",
    seen,
    "\tFlags: bus master, fast devsel\n\tCapabilities: [148] Access Control Services\n",
    "\tControl: I/O- Mem+\n\tCapabilities: <access denied>\n",
  ]) {
    expect(controls(unknown), unknown).toEqual([null, null]);
  }
});

const plain = `00:00.0 Host bridge: Intel Corporation Device 09a2 (rev 20)
01:00.0 3D controller: NVIDIA Corporation GA100 [A100 SXM4 80GB] (rev a1)
02:00.0 3D controller: NVIDIA Corporation Device 2330 (rev a1)
03:00.0 Processing accelerators: Advanced Micro Devices, Inc. [AMD/ATI] Aqua Vanjaram [Instinct MI300X]
04:00.0 Ethernet controller: Mellanox Technologies MT2892 Family [ConnectX-6 Dx]
05:00.0 VGA compatible controller: ASPEED Technology, Inc. ASPEED Graphics Family (rev 52)
06:00.0 VGA compatible controller: Device 1234:1111 (rev 02)
07:00.0 Frobnicator: Acme Inc. Something
10000:e1:00.0 Non-Volatile memory controller: Intel Corporation NVMe (prog-if 02 [NVM Express])
`;

test("names give classes and models, but no ids", () => {
  const { pci, accelerators, nics } = read(plain);
  const codes = ["0600", "0302", "0302", "1200", "0200", "0300", "0300", "", "010802"];
  expect(pci.map((each) => each.class)).toEqual(codes);
  expect(pci.map(({ vendor }) => vendor).filter((id) => id !== null)).toEqual(["1234"]);
  expect(accelerators.map(({ model }) => model)).toEqual([
    "A100 SXM4 80GB",
    "H100 SXM5 80GB",
    "Instinct MI300X",
  ]);
  expect(nics.map(({ address }) => address)).toEqual(["0000:04:00.0"]);
  expect(pci.at(-1)).toMatchObject({ root: "pci10000:e1", barBytes: null, link: null });
});

test("codes alone, codes beside names, and the forms for machines are the same functions", () => {
  const names = "01:00.0 3D controller [0302]: NVIDIA Corporation GH100 [10de:2330] (rev a1)\n";
  const codes = "01:00.0 0302: 10de:2330 (rev a1)\n";
  const ancient = "01:00.0 Class 0302: 10de:2330 (rev a1)\n";
  const quoted =
    '01:00.0 "3D controller [0302]" "NVIDIA Corporation [10de]" "GH100 [2330]" -ra1 "NVIDIA [10de]" "" \n';
  const bare = '0000:01:00.0 "0302" "10de" "2330" -ra1 "" ""\n';
  const fields =
    "Slot:\t01:00.0\nClass:\t3D controller [0302]\nVendor:\tNVIDIA Corporation [10de]\nDevice:\tGH100 [2330]\nRev:\ta1\n\n";
  const old = "Device:\t01:00.0\nClass:\t0302\nVendor:\t10de\nDevice:\t2330\n";
  const expected = read(names);
  expect(expected.pci[0]).toMatchObject({ class: "0302", vendor: "10de", device: "2330" });
  for (const text of [codes, ancient, quoted, bare, fields, old])
    expect(read(text)).toEqual(expected);
});

test("Domains of more than 16 bits (VMD) are read, and node 65535 is unknown", () => {
  const text = `10000:e0:06.2 PCI bridge [0604]: Intel Corporation Device [8086:464d] (prog-if 00 [Normal decode])
	NUMA node: 65535
	Bus: primary=e0, secondary=e1, subordinate=e1, sec-latency=0
10000:e1:00.0 Non-Volatile memory controller [0108]: Samsung Electronics [144d:a80a] (prog-if 02 [NVM Express])
	NUMA node: 1
`;
  expect(device(text, "10000:e0:06.2")).toMatchObject({ root: "pci10000:e0", node: null });
  expect(device(text, "10000:e1:00.0")).toMatchObject({ parent: "10000:e0:06.2", node: 1 });
});

test("lspci -vmmk gives nodes, groups and drivers", () => {
  const text = `Slot:	3b:00.0
Class:	Ethernet controller
Vendor:	Intel Corporation
Device:	Ethernet Controller E810-C for QSFP
SVendor:	Intel Corporation
ProgIf:	00
Driver:	ice
Module:	ice
NUMANode:	1
IOMMUGroup:	77
`;
  expect(device(text, "0000:3b:00.0")).toMatchObject({
    class: "020000",
    node: 1,
    iommuGroup: 77,
    driver: "ice",
    barBytes: null,
  });
});

const tree = `-+-[0000:60]-+-00.0  Intel Corporation Device 09a2
 |           +-03.1-[61-67]----00.0-[62-67]--+-02.0-[63]----00.0  NVIDIA Corporation GH100 [H100 SXM5 80GB]
 |           |                               +-04.0-[64]--+-00.0  Mellanox Technologies MT2910 Family [ConnectX-7]
 |           |                               |            \\-00.1  Mellanox Technologies MT2910 Family [ConnectX-7]
 |           |                               \\-05.0-[65]--
 |           \\-05.0-[68-69]--+-[0000:68]---00.0  Intel Corporation Ethernet Controller XL710 [8086:1572]
 |                           \\-[0000:69]-+-00.0  Intel Corporation XL710 Virtual Function
 |                                       \\-00.1  Intel Corporation XL710 Virtual Function
 \\-[0001:00]---00.0-[01]----00.0  NVIDIA Corporation Device 2330
`;

test("a tree gives the parent of every device", () => {
  const topology = read(tree);
  expect(topology.pci.map(({ address, parent, root }) => [address, parent, root])).toEqual([
    ["0000:60:00.0", null, "pci0000:60"],
    ["0000:60:03.1", null, "pci0000:60"],
    ["0000:60:05.0", null, "pci0000:60"],
    ["0000:61:00.0", "0000:60:03.1", "pci0000:60"],
    ["0000:62:02.0", "0000:61:00.0", "pci0000:60"],
    ["0000:62:04.0", "0000:61:00.0", "pci0000:60"],
    ["0000:62:05.0", "0000:61:00.0", "pci0000:60"],
    ["0000:63:00.0", "0000:62:02.0", "pci0000:60"],
    ["0000:64:00.0", "0000:62:04.0", "pci0000:60"],
    ["0000:64:00.1", "0000:62:04.0", "pci0000:60"],
    ["0000:68:00.0", "0000:60:05.0", "pci0000:60"],
    ["0000:69:00.0", "0000:60:05.0", "pci0000:60"],
    ["0000:69:00.1", "0000:60:05.0", "pci0000:60"],
    ["0001:00:00.0", null, "pci0001:00"],
    ["0001:01:00.0", "0001:00:00.0", "pci0001:00"],
  ]);
  expect(interconnects(topology)("0000:63:00.0", "0000:64:00.1")).toBe("PIX");
  expect(topology.accelerators.map(({ address, model }) => [address, model])).toEqual([
    ["0000:63:00.0", "H100 SXM5 80GB"],
    ["0001:01:00.0", "H100 SXM5 80GB"],
  ]);
  const ids = topology.pci.find(({ address }) => address === "0000:68:00.0");
  expect(ids).toMatchObject({ vendor: "8086", device: "1572", class: "" });
});

test("a listing and a tree in one text are combined", () => {
  const listing =
    "61:00.0 PCI bridge [0604]: Broadcom [1000:c030] (prog-if 00 [Normal decode])\n63:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:2330]\n";
  const both = `$ lspci -nn\n${listing}\n$ lspci -tv\n${tree}$ \n`;
  expect(device(both, "0000:63:00.0")).toMatchObject({ parent: "0000:62:02.0", device: "2330" });
  expect(device(both, "0000:61:00.0")).toMatchObject({ class: "060400", vendor: "1000" });
  expect(read(both).pci.length).toBe(read(tree).pci.length);
});

const refused = {
  "something else": "hello\n",
  nothing: "",
  "two machines": "01:00.0 0302: 10de:2330\n01:00.0 0302: 10de:2331\n",
  "a tree that lost its blanks": tree.replace(/\n \|\s+/g, "\n | "),
  "a tree without end": `-[0000:00]-${"00.0-[01]--".repeat(200_000)}`,
  "more functions than there are": Array.from(
    { length: 20_000 },
    (_, i) =>
      `${(i >> 8).toString(16).padStart(8, "0")}:${(i & 255).toString(16).padStart(2, "0")}:00.0 0302: 10de:2330`,
  ).join("\n"),
} as const;

for (const [what, text] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const error = await codedError("text-unexpected", () => read(text));
    expect(error.remedy).toContain("lspci -vvvnnD");
  });
}

/** The notes on reading a text, and the place of each function. */
function reading(text: string) {
  const notes: string[] = [];
  const topology = readLspci(text, "a.txt", (sentence) => void notes.push(sentence));
  const places = topology.pci.map(({ address, parent, root }) => [address, parent, root]);
  return { notes, places, topology };
}

test("a tree from which lines were left out is read as far as it goes", () => {
  const cut = `-+-[10000:80]-+-1d.0  Intel Corporation RST VMD Managed Controller
 |            \\-1d.4-[f1]----00.0  Sandisk Corp PC SN735 NVMe SSD
 +-[0000:80]-+-12.0  Intel Corporation Device 7f78
[...]
 |           +-1f.5  Intel Corporation Device 7f24
 |               +-05.0  Intel Corporation Device 7f24
 \\-[0000:00]-+-00.0  Intel Corporation Device 7d1a
             \\-02.0  Mellanox Technologies MT2910 Family [ConnectX-7]
`.replaceAll("\\\\", "\\");
  const { notes, places, topology } = reading(cut);
  expect(places).toEqual([
    ["0000:00:00.0", null, "pci0000:00"],
    ["0000:00:02.0", null, "pci0000:00"],
    ["0000:80:12.0", null, "pci0000:80"],
    ["0000:80:1f.5", null, "pci0000:80"],
    ["10000:80:1d.0", null, "pci10000:80"],
    ["10000:80:1d.4", null, "pci10000:80"],
    ["10000:f1:00.0", "10000:80:1d.4", "pci10000:80"],
  ]);
  expect(notes).toEqual([
    "the output of lspci in a.txt is not whole: it lacks lines of its tree, proof of the bus of " +
      '0000:80:1f.5, the place of "|               +-05.0  Intel Corporatio"',
  ]);
  expect(topology.nics.map(({ address }) => address)).toEqual(["0000:00:02.0"]);
});

test("where a tree has only names, NICs are known by them", () => {
  const nics = (name: string): number => read(`-[0000:00]---00.0  ${name}\n`).nics.length;
  for (const name of [
    "Mellanox Technologies MT43244 BlueField-3 integrated ConnectX-7 network controller",
    "Intel Corporation Ethernet Controller X710 for 10GBASE-T",
    "Broadcom Inc. and subsidiaries BCM57508 NetXtreme-E 10Gb/25Gb/40Gb/50Gb/100Gb/200Gb",
    "Red Hat, Inc. Virtio 1.0 network device",
    "Amazon.com, Inc. Elastic Network Adapter (ENA)",
    "Amazon.com, Inc. Elastic Fabric Adapter (EFA)",
  ]) {
    expect(nics(name), name).toBe(1);
  }
  for (const name of [
    "Mellanox Technologies MT43244 BlueField-3 SoC Management Interface",
    "Mellanox Technologies MT43244 BlueField-3 SoC Crypto disabled PCIe Bridge",
    "Intel Corporation Device 7f78",
    "NVIDIA Corporation GH100 [H100 SXM5 80GB]",
  ]) {
    expect(nics(name), name).toBe(0);
  }
});

test("the paths of lspci -PP are the bridges above each function; -P leaves out their buses", () => {
  const at = ["15:01.0", "15:01.0/16:00.0", "15:01.0/16:00.0/17:00.0"];
  const named = at.map((path) => `${path} PCI bridge: Broadcom / LSI PEX890xx\n`).join("");
  const whole = [
    ["0000:15:01.0", null, "pci0000:15"],
    ["0000:16:00.0", "0000:15:01.0", "pci0000:15"],
    ["0000:17:00.0", "0000:16:00.0", "pci0000:15"],
  ];
  expect(reading(named)).toMatchObject({ notes: [], places: whole });
  const short = named.replaceAll("/16:", "/").replaceAll("/17:", "/");
  expect(reading(short)).toMatchObject({
    notes: [
      "the output of lspci in a.txt also has 2 functions without a bus (lspci -P; -PP has it): not used",
    ],
    places: whole.slice(0, 1),
  });
  const buses = ["16", "17"].map((bus) => `\tBus: primary=00, secondary=${bus}, subordinate=17\n`);
  const [first = "", second = "", third = ""] = short.split("\n").map((line) => `${line}\n`);
  const verbosely = first + (buses[0] ?? "") + second + (buses[1] ?? "") + third;
  expect(reading(verbosely)).toMatchObject({ notes: [], places: whole });
});

test("a dump of the configuration space gives ids, classes and the buses of bridges", () => {
  const dump = (rows: Readonly<Record<string, string>>): string =>
    ["00", "10", "20", "30"]
      .map((at) => `${at}: ${rows[at] ?? Array(16).fill("00").join(" ")}\n`)
      .join("");
  const text = `15:01.0 PCI bridge: Intel Corporation Device 352a
${dump({
  "00": "86 80 2a 35 07 04 10 00 04 00 04 06 10 00 01 00",
  10: "00 00 00 00 00 00 00 00 15 16 16 00 f0 00 00 20",
})}
16:00.0 3D controller: NVIDIA Corporation GH100 [H100 SXM5 80GB] (rev a1)
${dump({ "00": "de 10 30 23 06 04 10 00 a1 00 02 03 00 00 00 00" })}`;
  expect(device(text, "0000:16:00.0")).toMatchObject({
    parent: "0000:15:01.0",
    class: "030200",
    vendor: "10de",
    device: "2330",
  });
});

test("bridges in a loop are a contradiction", async () => {
  const bridge = (at: string, to: string): string =>
    `${at}:00.0 0604: 1000:c030\n\tControl: I/O-\n\tBus: primary=${at}, secondary=${to}, subordinate=${to}\n`;
  await codedError("topology-inconsistent", () => read(bridge("01", "02") + bridge("02", "01")));
});

test("a very long name is read fast", () => {
  expect(read(`01:00.0 3D controller: ${"[10de:2330] ".repeat(500_000)}`).pci.length).toBe(1);
});

test("without sizes the BARs are unknown, and a link that is down is absent", () => {
  const text = `01:00.0 0302: 10de:2330
	Flags: bus master, fast devsel, latency 0
	Memory at a0000000 (32-bit, non-prefetchable)
	Capabilities: [60] Express Endpoint
		LnkSta:	Speed unknown, Width x0
`;
  expect(device(text, "0000:01:00.0")).toMatchObject({ barBytes: null, link: null });
});

test("a text that is cut short or garbled is a machine or a coded error", () => {
  for (const text of [verbose, plain, tree]) {
    const edit = fc.record({ cut: fc.nat(text.length), at: fc.nat(text.length), put: fc.string() });
    fc.assert(
      fc.property(edit, ({ cut, at, put }) => {
        try {
          const garbled = text.slice(0, at) + put + text.slice(at);
          expect(contradictions(read(garbled.slice(0, Math.max(cut, 10))))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
        }
      }),
    );
  }
});
