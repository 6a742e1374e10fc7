import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { directoryTree, liveTree } from "../tree/directory-tree.ts";
import { isShellReport, parseShellReport } from "./parse-report.ts";
import { contractFile } from "./contract-file.ts";
import { readGuest } from "./read-guest.ts";

const script = new URL("report.sh", import.meta.url).pathname;

/** The shells of small guests, and the one of this machine. */
const shells = [["dash"], ["busybox", "sh"], ["bash", "--posix"], ["sh"]].filter(([program = ""]) =>
  ["/bin", "/usr/bin"].some((folder) => existsSync(join(folder, program))),
);

function report(shell: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const [program = "", ...args] = shell;
  const { stdout, stderr, status } = spawnSync(program, [...args, script], {
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
  expect([stderr, status]).toEqual(["", 0]);
  return stdout;
}

/**
 * The configuration space of a root port as QEMU's: an error report, and behind it ACS, which
 * redirects requests and completions or nothing.
 */
function portConfig(redirects: boolean): Uint8Array {
  const config = new DataView(new ArrayBuffer(4096));
  // Status: it has a list, with PCI Express in it.
  config.setUint16(0x06, 0x10, true);
  config.setUint16(0x34, 0x40, true);
  config.setUint16(0x40, 0x0010, true);
  config.setUint32(0x100, 0x1480_0001 | (1 << 16), true);
  config.setUint32(0x148, 0x0001_000d, true);
  config.setUint16(0x14e, redirects ? 0x000c : 0x0010, true);
  return new Uint8Array(config.buffer);
}

/** NCCL's file, dumped below a switch of QEMU's. */
const topologyFile = `<system version="1">
  <cpu numaid="0" affinity="ff" arch="x86_64">
    <pci busid="ffff:ff:00.0" class="0x060400" link_speed="2.5 GT/s" link_width="1">
      <pci busid="0000:f9:00.0" class="0x030200" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="0" sm="90" rank="0" gdr="0"/>
      </pci>
    </pci>
    <pci busid="0000:00:02.0" class="0x020000" link_speed="2.5 GT/s" link_width="1"><nic/></pci>
  </cpu>
</system>
`;

/** Two processes of a job, each with a log of its own. */
const logs: Readonly<Record<string, string>> = {
  "tmp/nccl.a.17":
    "a:17:19 [0] NCCL INFO GPU Direct RDMA Enabled for GPU f9000 / HCA 0 (distance 4 <= 5), read 0\n" +
    "a:17:19 [0] NCCL INFO Using network Socket\n",
  "tmp/nccl.a.18":
    "a:18:20 [1] NCCL INFO GPU Direct RDMA Disabled for GPU fa000 / HCA 0 (distance 7 > 4)\n",
  "tmp/nccl.txt": "via NET/IB/0\n",
};

/**
 * A guest of two nodes, one without CPUs, with a device that knows its node and one that does not.
 */
function guestFolder(): string {
  const folder = scratchFolder();
  const files: Readonly<Record<string, string>> = {
    "proc/sys/kernel/osrelease": "6.1.0-test\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",
    "sys/devices/system/node/node0/cpulist": "0-3\n",
    "sys/devices/system/node/node0/distance": "10 21\n",
    "sys/devices/system/node/node0/meminfo":
      "\nNode 0 MemTotal:        1048576 kB\nNode 0 MemFree: 5 kB\n",
    "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages": "7\n",
    "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages": "3\n",
    "sys/devices/system/node/node1/cpulist": "\n",
    "sys/devices/system/node/node1/distance": "21 10\n",
    "sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:        2097152 kB\n",
    "proc/cpuinfo":
      "processor\t: 0\nmodel name\t: Common KVM processor\n" +
      "flags\t\t: fpu sse sse4_2 hypervisor avx2 topoext\n\nprocessor\t: 1\nmodel name\t: x\n",
    "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0-1\n",
    ...Object.fromEntries(
      [0, 0, 1, 1].map((id, cpu) => [
        `sys/devices/system/cpu/cpu${cpu}/topology/physical_package_id`,
        `${id}\n`,
      ]),
    ),
    "sys/d/0000:f9:00.0/resource": [
      "0x00000000c0000000 0x00000000c0ffffff 0x0000000000040200",
      "0x0000000000000000 0x0000001fffffffff 0x000000002014220c",
      "0x0000000000000000 0x0000000000000000 0x0000000000000000",
      "0x000000e000000000 0x000000e001ffffff 0x000000000014220c",
      "0x0000000000000000 0x0000000000000000 0x0000000000000000",
      "0x000000000000c000 0x000000000000c07f 0x0000000000040101",
      "0x0000000000000000 0x0000000000000000 0x0000000000000000",
    ].join("\n"),
    "sys/d/0000:f9:00.0/vendor": "0x10de\n",
    "sys/d/0000:f9:00.0/device": "0x2330\n",
    "sys/d/0000:f9:00.0/class": "0x030200\n",
    "sys/d/0000:f9:00.0/numa_node": "1\n",
    "sys/d/0000:f9:00.0/current_link_speed": "32.0 GT/s PCIe\n",
    "sys/d/0000:f9:00.0/current_link_width": "16\n",
    "sys/d/0000:f9:00.0/max_link_speed": "32.0 GT/s PCIe\n",
    "sys/d/0000:f9:00.0/max_link_width": "16\n",
    "sys/d/0000:00:02.0/vendor": "0x15b3\n",
    "sys/d/0000:00:02.0/device": "0x1021\n",
    "sys/d/0000:00:02.0/class": "0x020000\n",
    "sys/d/0000:00:02.0/numa_node": "-1\n",
    "sys/d/0000:00:01.0/vendor": "0x1b36\n",
    "sys/d/0000:00:01.0/class": "0x060400\n",
    "sys/d/0000:00:01.0/max_link_speed": "16.0 GT/s PCIe\n",
    "sys/d/0000:00:01.0/max_link_width": "32\n",
    "sys/d/0000:00:01.0/0000:f9:00.0/vendor": "0x10de\n",
    "sys/d/0000:00:01.0/0000:00:01.0:pcie001/device": "x\n",
    "sys/d/0000:00:03.0/vendor": "0x1b36\n",
    "sys/d/0000:00:03.0/class": "0x060400\n",
    "sys/d/0000:00:04.0/vendor": "0x1b36\n",
    "sys/d/0000:00:04.0/class": "0x060401\n",
    "sys/d/0000:00:05.0/vendor": "0x1b36\n",
    "sys/d/0000:00:05.0/class": "0x060400\n",
    "sys/d/0000:00:05.0/max_link_speed": "16.0 GT/s PCIe\n",
    "sys/d/0000:00:06.0/vendor": "0x8086\n",
    "sys/d/0000:00:06.0/class": "0x060100\n",
    [contractFile.slice(1)]: '{"kind":"GuestContract"}',
    "etc/nccl.conf":
      "NCCL_DEBUG=INFO\nNCCL_TOPO_FILE=/etc/evenkeel/nccl-topology.xml\n" +
      "NCCL_DEBUG_FILE=/tmp/nccl.%h.%p\n",
    "etc/evenkeel/nccl-topology.xml": topologyFile,
    ...logs,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, "sys/bus/pci/devices"), { recursive: true });
  const configs = {
    "0000:00:01.0": portConfig(true),
    "0000:00:03.0": portConfig(false),
    "0000:00:04.0": new Uint8Array(256),
    "0000:00:05.0": portConfig(true).subarray(0, 64),
  };
  for (const [address, config] of Object.entries(configs)) {
    writeFileSync(join(folder, `sys/d/${address}/config`), config);
  }
  for (const address of ["0000:f9:00.0", "0000:00:02.0", "0000:00:06.0", ...Object.keys(configs)]) {
    symlinkSync(`../../../d/${address}`, join(folder, "sys/bus/pci/devices", address));
  }
  return folder;
}

test("the machine has small shells", () => {
  expect(shells.length).toBeGreaterThan(0);
});

test.each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "%s reports what reading the same guest gives",
  (_name, shell) => {
    const folder = guestFolder();
    const read = readGuest(directoryTree(folder), {});
    expect(read).toMatchObject({
      kernel: "6.1.0-test",
      clocksource: "kvm-clock",
      ncclNetwork: "Socket",
      nodes: [
        { id: 0, cpus: "0-3", memoryBytes: 2 ** 30, distances: [10, 21] },
        { id: 1, cpus: "", memoryBytes: 2 ** 31, distances: [21, 10] },
      ],
      hugepages: [{ node: 0, sizeBytes: 2 ** 21, total: 7, free: 3 }],
      nccl: {
        file: "/etc/evenkeel/nccl-topology.xml",
        from: "/etc/nccl.conf",
        inForce: true,
        slowestLink: { speedGTs: 2.5, width: 1 },
      },
      cpu: {
        model: "Common KVM processor",
        sockets: 2,
        coresPerSocket: 1,
        threadsPerCore: 2,
        flags: ["sse4_2", "hypervisor", "avx2", "topoext"],
      },
      gpuDirect: {
        enabled: false,
        why: "GPU Direct RDMA Disabled for GPU fa000 / HCA 0 (distance 7 > 4)",
      },
      unreadable: [],
    });
    expect(read.devices?.map(({ address, node }) => [address, node])).toEqual([
      ["0000:00:02.0", null],
      ["0000:f9:00.0", 1],
    ]);
    expect(read.devices?.map(({ bars }) => bars)).toEqual([
      null,
      [
        { bytes: 2 ** 24, assigned: true },
        { bytes: 2 ** 37, assigned: false },
        { bytes: 2 ** 25, assigned: true },
      ],
    ]);
    const ports = read.ports?.map(({ address, acsRedirect, below }) => [
      address,
      acsRedirect,
      below.join(),
    ]);
    expect(ports).toEqual([
      ["0000:00:01.0", true, "0000:f9:00.0"],
      ["0000:00:03.0", false, ""],
      ["0000:00:04.0", false, ""],
      ["0000:00:05.0", null, ""],
    ]);
    const text = report(shell, { ROOT: folder });
    expect(isShellReport(text)).toBe(true);
    expect(parseShellReport(text, folder)).toEqual(read);
    const other = { NCCL_TOPO_FILE: "/nowhere.xml" };
    expect(parseShellReport(report(shell, { ROOT: folder, ...other }), folder).nccl).toEqual({
      file: "/nowhere.xml",
      sha256: null,
      from: "NCCL_TOPO_FILE",
      inForce: false,
      slowestLink: null,
    });
    expect(readGuest(directoryTree(folder), other).nccl).toMatchObject({ inForce: false });
    // This machine too, whatever it is.
    const here = readGuest(liveTree(), {});
    const shellReport = parseShellReport(report(shell), "/");
    expect(shellReport.nodes?.map(({ cpus }) => cpus)).toEqual(here.nodes?.map(({ cpus }) => cpus));
    expect(shellReport.devices).toEqual(here.devices);
    expect([shellReport.cpu, shellReport.ports]).toEqual([here.cpu, here.ports]);
  },
);

test("what a report may not hold is unknown, and every report can be read", () => {
  const node = "sys/devices/system/node/node0";
  for (const [path, text, unknown] of [
    [`${node}/distance`, "0 21\n", { nodes: [{ distances: null }, {}] }],
    [`${node}/distance`, "", { nodes: [{ distances: null }, {}] }],
    [`${node}/distance`, "10 21 x\n", { nodes: [{ distances: null }, {}] }],
    [`${node}/cpulist`, "0-4096\n", { nodes: null, unreadable: [{ what: "nodes" }] }],
    [`${node}/hugepages/hugepages-2048kB/nr_hugepages`, "4294967295\n", { hugepages: [] }],
    ["sys/d/0000:f9:00.0/numa_node", "65536\n", { devices: [{}, { node: null }] }],
    ["proc/sys/kernel/osrelease", "6.1\u0014\n", { kernel: "6.1\uFFFD" }],
    ["etc/nccl.conf", "NCCL_TOPO_FILE=/a\u001b\n", { nccl: { file: "/a\uFFFD" } }],
  ] as const) {
    const folder = guestFolder();
    writeFileSync(join(folder, path), text);
    const read = readGuest(directoryTree(folder), {});
    expect(read).toMatchObject(unknown);
    expect(readDocument(JSON.stringify(read), "report.json", "GuestReport")).toEqual(read);
  }
});

test("a report of an earlier release is read, with what it does not tell unknown", () => {
  const old = [
    "evenkeel-guest-report 1",
    "kernel 6.1.0",
    "node 0 memory-kib 1048576 cpus 0-3 distances 10",
    "pci",
    "device 0000:01:00.0 vendor 0x10de device 0x2330 node 0 speed - width - max-speed - max-width -",
    `nccl ${"a".repeat(64)} NCCL_TOPO_FILE /a.xml`,
    "end",
  ];
  const read = parseShellReport(old.join("\n"), "old");
  expect(read).toMatchObject({ cpu: null, ports: null, gpuDirect: null, accelerators: null });
  expect(read.devices).toMatchObject([{ address: "0000:01:00.0", node: 0, bars: null }]);
  expect(read.nccl).toMatchObject({ file: "/a.xml", inForce: true, slowestLink: null });
  const undigested = old.join("\n").replace("a".repeat(64), "-");
  expect(parseShellReport(undigested, "old").nccl).toMatchObject({ sha256: null, inForce: null });
});

test.each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "%s reports what nvidia-smi says, without what is nobody's business",
  (_name, shell) => {
    const folder = scratchFolder();
    const tool = join(folder, "nvidia-smi");
    const query = [
      "<nvidia_smi_log><driver_version>570.86.15</driver_version><attached_gpus>1</attached_gpus>",
      '\t<gpu id="00000000:02:00.0">',
      "\t\t<product_name>NVIDIA H100 80GB HBM3</product_name>",
      "\t\t<serial>4711</serial><uuid>GPU-1</uuid>",
      "\t\t<persistence_mode>Enabled</persistence_mode>",
      "\t\t<supported_clocks>",
      "\t\t\t<value>2619 MHz</value>",
      "\t\t</supported_clocks>",
      "\t\t<processes>",
      "\t\t\t<process_info><process_name>secret</process_name></process_info>",
      "\t\t</processes>",
      "\t</gpu>",
      "</nvidia_smi_log>",
    ];
    const nvlink = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n\t Link 0: 26.562 GB/s\n";
    const answers = [
      "#!/bin/sh",
      'case "$1" in',
      `-q) cat <<'END'\n${query.join("\n")}\nEND\n;;`,
      `nvlink) cat <<'END'\n${nvlink}END\n;;`,
      "*) exit 1 ;;",
      "esac",
    ];
    writeFileSync(tool, answers.join("\n"), { mode: 0o755 });
    const text = report(shell, { PATH: `${folder}:${process.env["PATH"]}` });
    expect(text).not.toMatch(/secret|4711|GPU-1|2619/);
    expect(parseShellReport(text, "x").accelerators).toMatchObject([
      { address: "0000:02:00.0", index: 0, persistence: true, nvlinks: { active: 1, total: 1 } },
    ]);
    const cut = text.replace("smi-query </nvidia_smi_log>", "");
    expect(parseShellReport(cut, "x").accelerators).toBeNull();
  },
);

test.each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "%s finds the file that nothing names, and the user's own settings",
  (_name, shell) => {
    const folder = guestFolder();
    writeFileSync(join(folder, "etc/nccl.conf"), "NCCL_DEBUG_FILE=/tmp/nccl.txt\n");
    const lying = {
      file: "/etc/evenkeel/nccl-topology.xml",
      from: "/etc/evenkeel",
      inForce: false,
    };
    const channels = { enabled: false, why: "via NET/IB/0" };
    expect(readGuest(directoryTree(folder), {})).toMatchObject({
      nccl: lying,
      gpuDirect: channels,
    });
    const unnamed = parseShellReport(report(shell, { ROOT: folder }), folder);
    expect(unnamed).toMatchObject({ nccl: lying, gpuDirect: channels });
    mkdirSync(join(folder, "users/me2"), { recursive: true });
    writeFileSync(
      join(folder, "users/me2/.nccl.conf"),
      "NCCL_TOPO_FILE=/etc/evenkeel/nccl-topology.xml\n",
    );
    const env = { HOME: "/users/me2" };
    const own = { ...lying, from: "~/.nccl.conf", inForce: true };
    expect(readGuest(directoryTree(folder), env).nccl).toMatchObject(own);
    const text = report(shell, { ROOT: folder, ...env });
    expect(parseShellReport(text, folder).nccl).toMatchObject(own);
  },
);

test("a report survives a console, and a part that was cut off is unknown, not missing", async () => {
  const text = report(shells[0] ?? ["sh"], { ROOT: guestFolder() });
  const serial = `[    0.000000] Linux\r\nlogin: evenkeel-guest-report 0\n${text.replaceAll("\n", "\r\n[   12.345678] noise\r\n")}`;
  const read = parseShellReport(serial, "ttyS0");
  expect(read.nodes).toHaveLength(2);
  expect(read.devices).toHaveLength(2);
  const cut = parseShellReport(text.slice(0, text.indexOf("device ")), "cut");
  expect([cut.nodes, cut.devices]).toEqual([null, null]);
  expect(cut.unreadable.map(({ why }) => why)).toContain("the report was cut short");
  await codedError("text-unexpected", () => parseShellReport("hello", "x"));
});
