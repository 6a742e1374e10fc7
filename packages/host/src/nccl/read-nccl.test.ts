import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { type Interconnect, interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { isStandIn } from "@evenkeel/core/topology/stand-in.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readNccl } from "./read-nccl.ts";

function gpu(busid: string, inner = "", attributes = `class="0x030200" vendor="0x10de"`): string {
  return `<pci busid="${busid}" ${attributes}><gpu dev="0" sm="90">${inner}</gpu></pci>`;
}

function nic(busid: string, inner = `<net name="mlx5_0" port="1"/>`): string {
  return `<pci busid="${busid}" class="0x020700" vendor="0x15b3"><nic>${inner}</nic></pci>`;
}

function bridge(busid: string, ...inner: readonly string[]): string {
  return `<pci busid="${busid}" class="0x060400">${inner.join("")}</pci>`;
}

function cpu(numaid: string, ...inner: readonly string[]): string {
  return `<cpu numaid="${numaid}" affinity="0000000f" arch="x86_64">${inner.join("")}</cpu>`;
}

function read(...cpus: readonly string[]): Topology {
  return readNccl(`<system version="1">${cpus.join("")}</system>`, "dumps/topo.xml");
}

function classOf(topology: Topology, a: string, b: string): Interconnect | null {
  return interconnects(topology)(`0000:${a}`, `0000:${b}`);
}

test("a dump gives devices, their node and the maximum speed of a link", () => {
  const topology = readNccl(
    `<!-- by hand --><system version="1" name="box">
      <cpu numaid="1" affinity="000000ff,00000000,0000000f" arch="arm64" vendor="x" familyid="6">
        <pci busid="00000000:1B:00.0" class="0x030200" vendor="0x10de" device="0x2330"
             link_speed="32.0 GT/s PCIe" link_width="16"><gpu dev="0" sm="90" rank="0"/></pci>
        <pci busid="0000:1c:00.0" class="0x020000" vendor="0x15b3" device="0x101d"
             link_speed="Unknown" link_width="255"><nic>
          <net name="mlx5_2" dev="0" speed="100000" port="1" guid="0x84C36d000390fe7c"/>
          <net name="mlx5_3" dev="1" speed="-1" port="2"/></nic></pci>
      </cpu>
    </system>`,
    "dumps/topo.xml",
  );
  expect(topology.name).toBe("box");
  expect(topology.machine.architecture).toBe("aarch64");
  expect(topology.nodes).toEqual([
    {
      id: 1,
      package: null,
      cpus: "0-3,64-71",
      memoryBytes: null,
      freeBytes: null,
      sideCacheBytes: null,
      kind: null,
      hugepages: null,
    },
  ]);
  expect(topology.accelerators.map(({ address, model }) => [address, model])).toEqual([
    ["0000:1b:00.0", "H100 SXM5 80GB"],
  ]);
  expect(topology.nics).toEqual([
    {
      address: "0000:1c:00.0",
      name: "mlx5_2",
      rdma: true,
      ports: [
        { name: "mlx5_2", port: 1, bytesPerSecond: 12.5e9, guid: "0x84c36d000390fe7c" },
        { name: "mlx5_3", port: 2, bytesPerSecond: null, guid: null },
      ],
    },
  ]);
  const device = (address: string) => topology.pci.find((one) => one.address === address);
  expect(device("0000:1b:00.0")).toMatchObject({
    node: 1,
    class: "030200",
    link: { speedGTs: null, width: null, maxSpeedGTs: 32, maxWidth: 16 },
  });
  expect(device("0000:1c:00.0")?.link).toBeNull();
  expect(topology.distances).toBeNull();
  expect(topology.cores).toEqual([]);
});

test("devices that meet in one switch are PIX, in several PXB, and otherwise NODE or SYS", () => {
  const topology = read(
    cpu(
      "0",
      bridge(
        "0000:10:00.0",
        gpu("0000:12:00.0"),
        nic("0000:13:00.0"),
        bridge("0000:14:00.0", nic("0000:16:00.0")),
      ),
      gpu("0000:20:00.0"),
    ),
    `<cpu numaid="1">${gpu("0000:30:00.0")}</cpu>`,
  );
  expect(classOf(topology, "12:00.0", "13:00.0")).toBe("PIX");
  expect(classOf(topology, "12:00.0", "16:00.0")).toBe("PXB");
  expect(classOf(topology, "12:00.0", "20:00.0")).toBe("NODE");
  expect(classOf(topology, "12:00.0", "30:00.0")).toBe("SYS");
  expect(topology.pci.every(({ root }) => isStandIn(root))).toBe(true);
});

test("functions of one device share its port, functions on a root bus share their host bridge", () => {
  const topology = read(
    cpu("0", nic("0000:27:00.0"), nic("0000:27:00.1"), gpu("0000:00:16.0"), gpu("0000:00:17.0")),
  );
  expect(classOf(topology, "27:00.0", "27:00.1")).toBe("PIX");
  expect(classOf(topology, "00:16.0", "00:17.0")).toBe("PHB");
  expect(classOf(topology, "00:16.0", "27:00.0")).toBe("NODE");
});

test("a node unknown to NCCL is unknown, and so are the interconnects of its devices", () => {
  const topology = read(cpu("-1", gpu("0000:10:00.0"), gpu("0000:20:00.0")));
  expect(topology.nodes).toEqual([]);
  expect(topology.pci.every(({ node }) => node === null)).toBe(true);
  expect(classOf(topology, "10:00.0", "20:00.0")).toBeNull();
});

test("made-up switches get stand-ins, even those that share a name", () => {
  const made = bridge("ffff:ff:01.0", gpu("0000:10:1c.0"), nic("0000:10:1b.0"));
  const more = bridge("FFFF:FF:01.0", gpu("0000:20:1c.0"));
  const topology = read(cpu("0", made, more));
  expect(topology.pci.some(({ address }) => address.startsWith("ffff:"))).toBe(false);
  expect(classOf(topology, "10:1c.0", "10:1b.0")).toBe("PIX");
  expect(classOf(topology, "10:1c.0", "20:1c.0")).toBe("NODE");
});

test("an address that comes twice belongs to the device rather than the bridge, or else to the first", () => {
  const topology = read(
    cpu("0", bridge("0000:a1:00.0", gpu("0000:a3:00.0"), nic("0000:a1:00.0")), gpu("0000:a3:00.0")),
  );
  expect(topology.accelerators).toHaveLength(1);
  expect(topology.nics.map(({ address }) => address)).toEqual(["0000:a1:00.0"]);
  expect(classOf(topology, "a3:00.0", "a1:00.0")).toBe("PIX");
});

test("NVLink is direct, or through switches as wide as the narrower of two GPUs", () => {
  const into = (...counts: readonly number[]): string =>
    counts
      .map((n, i) => `<nvlink target="0000:f${i}:00.0" count="${n}" tclass="0x068000"/>`)
      .join("");
  const fabric = read(
    cpu(
      "0",
      gpu("0000:10:00.0", into(5, 5, 4, 4)),
      gpu("0000:20:00.0", into(5, 4)),
      gpu("0000:30:00.0"),
    ),
  );
  expect(fabric.links).toEqual([
    { a: "0000:10:00.0", b: "0000:20:00.0", kind: "nvlink", lanes: 9 },
  ]);
  const peer = (target: string, count: string): string =>
    `<nvlink target="${target}" ${count} tclass="0x030200"/>`;
  const direct = read(
    cpu(
      "0",
      gpu("0000:10:00.0", peer("0000:20:00.0", `count="2"`) + peer("0000:10:00.0", `count="12"`)),
      gpu(
        "0000:20:00.0",
        peer("00000000:10:00.0", `count="2"`) + peer("0000:99:00.0", `count="4"`),
      ),
      gpu("0000:30:00.0", peer("0000:10:00.0", "")),
    ),
  );
  expect(direct.links).toEqual([
    { a: "0000:10:00.0", b: "0000:20:00.0", kind: "nvlink", lanes: 2 },
    { a: "0000:10:00.0", b: "0000:30:00.0", kind: "nvlink", lanes: null },
  ]);
});

test("links into processors do not link GPUs, and parts of a GPU share its links", () => {
  // POWER9's end of NVLink, Grace's of C2C, and the parts of one GPU with a rank each.
  const power = `<nvlink target="0004:00:00.0" count="3" tclass="0x068001"/>`;
  const grace = `<c2c bw="44712" count="5"/>`;
  expect(
    read(cpu("0", gpu("0004:04:00.0", power), gpu("0035:03:00.0", power + grace))).links,
  ).toEqual([]);
  const unseen = `<nvlink target="fffffff:ff:ff.0" count="36" tclass="0x068000"/>`;
  const parts = (busid: string): string =>
    `<pci busid="${busid}" class="0x030200"><gpu dev="0" rank="0">${unseen}</gpu>` +
    `<gpu dev="0" rank="1">${unseen}</gpu></pci>`;
  expect(read(cpu("0", parts("0002:81:00.0"), parts("0003:81:00.0"))).links).toEqual([
    { a: "0002:81:00.0", b: "0003:81:00.0", kind: "nvlink", lanes: 36 },
  ]);
});

test("XGMI is counted, even of accelerators that are not display controllers", () => {
  const to = (target: string): string => `<xgmi target="${target}" count="1" tclass="0x120000"/>`;
  const attributes = `class="0x120000" vendor="0x1002" device="0x74a1"`;
  const topology = read(
    cpu(
      "0",
      gpu("0000:0c:00.0", to("0000:15:00.0"), attributes),
      gpu("0000:15:00.0", to("0000:0c:00.0"), attributes),
    ),
  );
  expect(topology.links).toEqual([
    { a: "0000:0c:00.0", b: "0000:15:00.0", kind: "xgmi", lanes: 1 },
  ]);
  expect(topology.accelerators[0]?.model).toBe("Instinct MI300X");
});

test("a dump without class and vendor leaves them unknown", () => {
  const bare = read(
    `<cpu numaid="0"><pci busid="0000:00:16.0"/><nic><net name="eth0"/></nic></cpu>`,
  );
  expect(bare.pci.map(({ class: code, vendor }) => [code, vendor])).toEqual([["", null]]);
  expect([bare.accelerators, bare.nics]).toEqual([[], []]);
  expect(bare.nodes[0]?.cpus).toBeNull();
  const classOnly = read(cpu("0", `<pci busid="0001:00:00.0" class="0x030200"/>`));
  expect(classOnly.accelerators).toHaveLength(1);
  const short = read(
    cpu("0", `<pci busid="0001:00:00.0" class="0x03"/><pci busid="0002:00:00.0" class="0x02"/>`),
  );
  expect([short.accelerators.length, short.nics.length]).toEqual([1, 1]);
});

test("a file of several hosts is refused with a remedy", async () => {
  const of = (hash: string): string =>
    `<cpu host_hash="${hash}" numaid="0">${gpu("0008:06:00.0")}</cpu>`;
  const error = await codedError("xml-unexpected", () => read(of("0xa1"), of("0xb2")));
  expect(error.message).toContain("2 hosts");
  expect(error.remedy).toContain("host_hash");
  expect(read(of("0xa1"), of("0xa1").replace("0008", "0009")).accelerators).toHaveLength(2);
});

test.each([
  ["a graph file", `<graphs version="1"><graph id="0"/></graphs>`, "xml-unexpected"],
  ["another document", `<domain type="kvm"/>`, "xml-unexpected"],
  ["a system without CPUs", `<system version="1"/>`, "xml-unexpected"],
  ["no XML", "NCCL INFO topology", "xml-malformed"],
  ["a dump that is cut short", `<system version="1"><cpu numaid="0"><pci bus`, "xml-malformed"],
  ["entities", `<!DOCTYPE a [<!ENTITY b "c">]><system/>`, "xml-unsafe"],
  ["a bus id that is none", `<system>${cpu("0", gpu("GPU-0"))}</system>`, "xml-unexpected"],
  ["a function without a bus id", `<system>${cpu("0", "<pci/>")}</system>`, "xml-unexpected"],
  ["a node that is none", `<system>${cpu("4096")}</system>`, "xml-unexpected"],
  [
    "an affinity that is none",
    `<system><cpu numaid="0" affinity="0-7"/></system>`,
    "xml-unexpected",
  ],
  [
    "one CPU of two nodes",
    `<system>${cpu("0", gpu("0000:10:00.0"))}${cpu("1", gpu("0000:20:00.0"))}</system>`,
    "topology-inconsistent",
  ],
  [
    "more GPUs than any machine has",
    `<system>${cpu(
      "0",
      ...Array.from({ length: 300 }, (_, i) => gpu(`${(0x1000 + i).toString(16)}:00:00.0`)),
    )}</system>`,
    "xml-unexpected",
  ],
  [
    "more functions than any machine has",
    `<system>${cpu("0", `<pci busid="ffff:ff:01.0" class="0x0604"/>`.repeat(20_000))}</system>`,
    "xml-unexpected",
  ],
] as const)("%s is refused", async (_, text, code) => {
  const error = await codedError(code, () => readNccl(text, "given.xml"));
  expect(error.where).toContain("given.xml");
  expect(error.expected).not.toBeNull();
});

test("a damaged dump is read, or refused with a code", () => {
  const whole = `<system version="1">${cpu("0", bridge("0000:10:00.0", gpu("0000:12:00.0", `<nvlink target="0000:32:00.0" count="4" tclass="0x030200"/>`), nic("0000:13:00.0")))}${cpu("-1", gpu("0000:32:00.0"))}</system>`;
  const values = [
    "",
    "-1",
    "0",
    "1",
    "ffff:ff:01.0",
    "0000:12:00.0",
    "0x060400",
    "0x068000",
    "ffffffff,,1",
    "__proto__",
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(60), fc.constantFrom(...values)), { minLength: 1, maxLength: 8 }),
      (edits) => {
        let damaged = whole;
        for (const [which, value] of edits) {
          let at = 0;
          damaged = damaged.replace(/"[^"]*"/g, (old) => (at++ === which ? `"${value}"` : old));
        }
        try {
          expect(contradictions(readNccl(damaged, "damaged"))).toEqual([]);
        } catch (error) {
          if (!(error instanceof EvenkeelError)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("what a file says of the machine and a topology does not hold is one note", () => {
  const notes: string[] = [];
  const text = `<system version="1"><cpu numaid="0" familyid="6" modelid="143">
    <nic><net name="eth0" dev="1"/></nic>
    <pci busid="0000:15:00.0" class="0x060400"><nic><net name="mlx5_0+mlx5_1" dev="2"/></nic>
      ${gpu("0009:01:00.0", `<c2c bw="44712" count="5"/>`)}${nic("0009:02:00.0")}</pci>
  </cpu></system>`;
  const { nics, accelerators } = readNccl(text, "x", (note) => notes.push(note));
  expect(nics.map(({ address }) => address)).toEqual(["0009:02:00.0"]);
  expect(accelerators.map(({ address, c2c }) => [address, c2c])).toEqual([["0009:01:00.0", true]]);
  expect(notes).toEqual([
    "the output of NCCL in x also has the processors' family and model numbers, networks that " +
      "belong to no single PCI function, compute capabilities, bandwidths of links to processors: " +
      "not used",
  ]);
});
