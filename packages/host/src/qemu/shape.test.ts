import { expect, test } from "vitest";
import { monitorSocket, parseArguments, qemuOptions, vmIdentity } from "./command-line.ts";
import { keyValues, parseJsonObject, sizeBytes } from "./options.ts";
import { backendsOf, shapeOf } from "./shape.ts";

const common = [
  "/usr/bin/qemu-system-x86_64",
  "-name",
  "guest=llm-a,debug-threads=on",
  "-uuid",
  "11111111-2222-3333-4444-55555555555A",
  "-fw_cfg",
  "name=opt/evenkeel/contract,file=/run/c.json",
];
const numa = [
  "-numa",
  "node,nodeid=0,cpus=0-1,cpus=4,memdev=ram-node0",
  "-numa",
  "node,nodeid=1,cpus=2-3,memdev=ram-node1",
  "-numa",
  "dist,src=0,dst=1,val=21",
];

const plain = [
  ...common,
  "-object",
  "memory-backend-ram,id=ram-node0,size=128M,host-nodes=0-1,policy=interleave",
  "-object",
  "memory-backend-file,id=ram-node1,mem-path=/dev/hugepages/a,,b,size=1G,host-nodes=2,policy=bind",
  ...numa,
  "-device",
  "pxb-pcie,id=pci.1,bus_nr=250,bus=pcie.0,addr=0x10,numa_node=1",
  "-device",
  "pcie-root-port,id=pci.2,bus=pci.1",
  "-device",
  "vfio-pci,host=0000:1B:00.0,id=hostdev0,bus=pci.2",
  "-device",
  "vfio-pci,host=2a:00.1",
  "-qmp",
  "unix:/run/vm.sock,server=on,wait=off",
];

const noPort = { portSpeedGTs: null, portWidth: null };

/** The same as libvirt writes it. */
const json = [
  ...common,
  "-object",
  '{"qom-type":"memory-backend-ram","id":"ram-node0","size":134217728,"host-nodes":["0-1"],"policy":"interleave"}',
  "-object",
  '{"qom-type":"memory-backend-file","id":"ram-node1","mem-path":"/dev/hugepages/a,b","size":1073741824,"host-nodes":[2],"policy":"bind"}',
  ...numa,
  "-device",
  '{"driver":"pxb-pcie","bus_nr":250,"id":"pci.1","numa_node":1,"bus":"pcie.0","addr":"0x10"}',
  "-device",
  '{"driver":"pcie-root-port","id":"pci.2","bus":"pci.1"}',
  "-device",
  '{"driver":"vfio-pci","host":"0000:1b:00.0","id":"hostdev0","bus":"pci.2"}',
  "-device",
  '{"driver":"vfio-pci","host":"0000:2a:00.1"}',
];

test.each([
  ["key=value", plain],
  ["JSON", json],
])("a command line in %s gives nodes, distances, devices and the contract", (_form, words) => {
  const shape = shapeOf(words, "cmdline");
  expect(shape).toMatchObject({ source: "command-line", contract: true, pins: null });
  expect(shape.cells).toEqual([
    {
      id: 0,
      cpus: "0-1,4",
      backend: "ram-node0",
      memoryBytes: 2 ** 27,
      policy: { mode: "interleave", nodes: "0-1" },
      pageBytes: null,
      distances: [10, 21],
    },
    {
      id: 1,
      cpus: "2-3",
      backend: "ram-node1",
      memoryBytes: 2 ** 30,
      policy: { mode: "bind", nodes: "2" },
      pageBytes: null,
      distances: [21, 10],
    },
  ]);
  expect(shape.devices).toEqual([
    { hostAddress: "0000:1b:00.0", above: ["pci.2", "pci.1"], cell: 1, ...noPort },
    { hostAddress: "0000:2a:00.1", above: ["pcie.0"], cell: null, ...noPort },
  ]);
  expect(backendsOf(qemuOptions(words)).map(({ path }) => path)).toEqual([
    null,
    "/dev/hugepages/a,b",
  ]);
  expect(vmIdentity(words)).toEqual({
    name: "llm-a",
    uuid: "11111111-2222-3333-4444-55555555555a",
  });
});

test.each([
  ["-smp 8", [8, null, 1]],
  ["-smp 8,sockets=1,cores=4,threads=2", [8, 4, 2]],
  ["-smp sockets=2,cores=4,threads=2", [16, 4, 2]],
  ["-smp cpus=8,sockets=1,dies=1,cores=4", [8, 4, 2]],
  ["-smp 6,sockets=1,cores=4,maxcpus=8", [6, 4, null]],
  ["", [1, null, 1]],
])("a command line with %j has so many vCPUs, cores and threads: %j", (words, counts) => {
  const { cpu } = shapeOf(["qemu-system-x86_64", ...words.split(" ")], "");
  expect([cpu?.vcpus, cpu?.cores, cpu?.threads]).toEqual(counts);
});

test.each([
  ["qemu-system-x86_64 -m 1G", "qemu64", []],
  ["/usr/libexec/qemu-kvm -smp 2", "qemu64", []],
  ["qemu-system-aarch64 -smp 2", null, []],
  ["qemu-system-x86_64 -cpu host,topoext=on,phys-bits=46", "host", ["topoext"]],
  [
    "qemu-system-x86_64 -cpu Skylake-Server,+avx2,-avx512f,pcid=off",
    "Skylake-Server",
    ["avx2", "!avx512f", "!pcid"],
  ],
])("%s shows the processor %s with the features %j", (words, model, features) => {
  const { cpu } = shapeOf(words.split(" "), "");
  expect(cpu?.model).toBe(model);
  expect(cpu?.features.map(({ name, on }) => (on ? name : `!${name}`))).toEqual(features);
});

test.each([
  ["-device pcie-root-port,id=p,bus=pcie.0,x-speed=2_5,x-width=4", [2.5, 4]],
  [
    '-device {"driver":"pcie-root-port","id":"p","bus":"pcie.0","x-speed":"32","x-width":"16"}',
    [32, 16],
  ],
  ["-device pcie-root-port,id=p,x-speed=8 -set device.p.x-speed=16", [16, null]],
  [
    "-device pcie-root-port,id=p -global pcie-root-port.x-speed=8 -global pcie-root-port.x-width=16",
    [8, 16],
  ],
  ["-device pcie-root-port,id=p -global ioh3420.x-speed=8", [null, null]],
])("%s tells of the link above a device: %j", (words, link) => {
  const all = [...words.split(" "), "-device", "vfio-pci,host=1b:00.0,bus=p"];
  const [device] = shapeOf(all, "").devices ?? [];
  expect([device?.portSpeedGTs, device?.portWidth]).toEqual(link);
});

test("a backend of huge pages says how large they are", () => {
  const backend = "memory-backend-memfd,id=m,size=1G,hugetlb=on,hugetlbsize=2M";
  const words = ["-object", backend, "-numa", "node,cpus=0,memdev=m"];
  expect(shapeOf(words, "").cells).toMatchObject([{ pageBytes: 2 ** 21 }]);
});

test.each([
  ["tdx", ["-object", "tdx-guest,id=tdx0", "-machine", "q35,confidential-guest-support=tdx0"]],
  ["sev-snp", ["-object", '{"qom-type":"sev-snp-guest","id":"lsec0","cbitpos":51}']],
  ["none", ["-object", "secret,id=masterKey0,file=/k", "-m", "1G"]],
])("a command line of a VM whose protection is %s", (confidential, words) => {
  expect(shapeOf(words, "")).toMatchObject({ confidential });
});

test("a loop of buses, and cut words, end", () => {
  const circle = ["-device", "pcie-root-port,id=a,bus=b", "-device", "pcie-root-port,id=b,bus=a"];
  const words = [...circle, "-device", "vfio-pci,host=0000:1b:00.0,bus=a", "-device"];
  expect(shapeOf(words, "").devices).toMatchObject([{ hostAddress: "0000:1b:00.0", cell: null }]);
  expect(shapeOf([], "")).toMatchObject({ cells: [], devices: [], contract: false });
  expect(parseJsonObject('{"a":[{"b":1}],"c":{}}')).toEqual(
    new Map([
      ["a", [""]],
      ["c", [""]],
    ]),
  );
  expect(parseJsonObject("{")).toBeNull();
  expect(keyValues("a=1,,2,b", "x")).toEqual(
    new Map([
      ["a", ["1,2"]],
      ["b", ["on"]],
    ]),
  );
  expect([
    sizeBytes("1.5G"),
    sizeBytes("128", "M"),
    sizeBytes("x"),
    sizeBytes("9".repeat(15) + "P"),
  ]).toEqual([1.5 * 2 ** 30, 2 ** 27, null, null]);
  expect(parseArguments("a\0b\0")).toEqual(["a", "b"]);
  expect(monitorSocket(plain)).toBe("/run/vm.sock");
  expect(monitorSocket(json)).toBeNull();
});

test.each([
  ["socket,id=m,path=/run/a,,b,server=on", "chardev=m,mode=control", "/run/a,b"],
  ["socket,id=m,path=/run/a", "m,mode=control", "/run/a"],
  ["socket,id=m,path=/run/a", "chardev=m,mode=readline", null],
  ["socket,id=m,path=/run/a", "chardev=other,mode=control", null],
  ["socket,id=m,host=127.0.0.1,port=4444", "chardev=m,mode=control", null],
  ["socket,id=m,path=run/a", "chardev=m,mode=control", null],
  ["file,id=m,path=/run/a", "chardev=m,mode=control", null],
  ["socket,id=charmonitor,path=/run/a", "chardev=charmonitor,mode=control", null],
])("the monitor's socket of -chardev %s -mon %s is %s", (chardev, mon, path) => {
  expect(monitorSocket(["-chardev", chardev, "-mon", mon])).toBe(path);
});

test("many nodes with many distances cost no more than each pair once", () => {
  const node = ["-numa", "node,nodeid=0,cpus=0", "-numa", "dist,src=0,dst=1,val=21"];
  const words = ["qemu", ...Array.from({ length: 1024 }, () => node).flat()];
  const before = process.cpuUsage();
  expect(shapeOf(words, "here").cells).toHaveLength(1024);
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});

test("distances are in the order of the nodes, whatever the order of the command line", () => {
  const node = (id: number): string[] => ["-numa", `node,nodeid=${id},cpus=${id}`];
  const dist = (src: number, dst: number, val: number): string[] => [
    "-numa",
    `dist,src=${src},dst=${dst},val=${val}`,
  ];
  const words = [node(2), node(0), node(1), dist(1, 2, 12), dist(2, 0, 20), dist(0, 1, 11)].flat();
  expect(shapeOf(words, "").cells?.map(({ id, distances }) => [id, distances])).toEqual([
    [0, [10, 11, 20]],
    [1, [11, 10, 12]],
    [2, [20, 12, 10]],
  ]);
});
