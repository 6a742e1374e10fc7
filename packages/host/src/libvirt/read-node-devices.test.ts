import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { readLibvirtNodeDevices } from "./read-node-devices.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

const read = (text: string): Topology => readLibvirtNodeDevices(text, "bundle/nodedev.xml");

interface Described {
  readonly name?: string;
  readonly parent?: string;
  readonly path?: string;
  readonly driver?: string;
  readonly inner?: string;
}

/** The document of a PCI device at an address such as `0000:1b:00.0`. */
function pci(address: string, { name, parent, path, driver, inner = "" }: Described = {}): string {
  const [domain = "", bus = "", slot = "", fn = ""] = address.split(/[:.]/);
  const number = (digits: string): number => parseInt(digits, 16);
  return `<device><name>${name ?? `pci_${address.replace(/[:.]/g, "_")}`}</name>
    ${path === undefined ? "" : `<path>${path}</path>`}<parent>${parent ?? "computer"}</parent>
    ${driver === undefined ? "" : `<driver><name>${driver}</name></driver>`}
    <capability type='pci'><domain>${number(domain)}</domain><bus>${number(bus)}</bus>
    <slot>${number(slot)}</slot><function>${number(fn)}</function>${inner}</capability></device>\n`;
}

const gpu = `<class>0x030200</class><product id='0x2330'>GH100</product><vendor id='0x10de'/>
  <iommuGroup number='40'/><numa node='1'/><pci-express>
  <link validity='cap' port='0' speed='32' width='16'/>
  <link validity='sta' speed='2.5' width='8'/></pci-express>`;

test("every field of a device is read", () => {
  const {
    pci: found,
    accelerators,
    nodes,
  } = read(pci("0001:1b:00.0", { driver: "vfio-pci", inner: gpu }));
  expect(found).toEqual([
    {
      address: "0001:1b:00.0",
      parent: null,
      root: "pci0001:1b",
      class: "030200",
      vendor: "10de",
      device: "2330",
      node: 1,
      iommuGroup: 40,
      driver: "vfio-pci",
      link: { speedGTs: 2.5, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
      barBytes: null,
      physicalFunction: null,
      ...unknownSettings,
    },
  ]);
  expect(accelerators[0]).toMatchObject({ address: "0001:1b:00.0", model: "H100 SXM5 80GB" });
  expect(nodes.map(({ id, cpus, memoryBytes }) => ({ id, cpus, memoryBytes }))).toEqual([
    { id: 1, cpus: null, memoryBytes: null },
  ]);
});

test("one document, several with prologs, and several within a root read the same", () => {
  const two = [
    pci("0000:00:01.0", { inner: "<capability type='pci-bridge'/>" }),
    pci("0000:00:02.0"),
  ];
  const prolog = "<?xml version='1.0' encoding='UTF-8'?>\n";
  const one = read(`<nodedevs><host><devices>${two.join("")}</devices></host></nodedevs>`);
  expect(read(two.map((each) => prolog + each).join("\n"))).toEqual(one);
  // Lists that overlap name a device twice.
  expect(read(two.join("") + two.join(""))).toEqual(one);
  expect(one.pci.map(({ class: code }) => code)).toEqual(["0604", ""]);
});

test("without paths, parents are followed by their names to the root", () => {
  const topology = read(
    pci("0000:16:00.0", { parent: "pci_0000_15_01_0", inner: "<capability type='pci-bridge'/>" }) +
      pci("0000:15:01.0", { name: "pci_0000_15_01_0" }) +
      pci("0000:17:00.0", { parent: "pci_0000_16_00_0", inner: gpu }) +
      // HAL's names say nothing of where their device is.
      pci("0000:01:00.0", { name: "pci_1002_71c4", parent: "pci_8086_27a1" }),
  );
  expect(topology.pci.map(({ address, parent, root }) => [address, parent, root])).toEqual([
    ["0000:01:00.0", null, "pci0000:01"],
    ["0000:15:01.0", null, "pci0000:15"],
    ["0000:16:00.0", "0000:15:01.0", "pci0000:15"],
    ["0000:17:00.0", "0000:16:00.0", "pci0000:15"],
  ]);
});

test("bridges known only from paths and parents are in the tree", () => {
  const sysfs = "/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0";
  const topology = read(
    pci("0000:18:00.0", { path: `${sysfs}/0000:17:00.0/0000:18:00.0`, inner: gpu }) +
      pci("0000:19:00.0", { path: `${sysfs}/0000:17:01.0/0000:19:00.0`, inner: gpu }) +
      pci("0000:81:00.0", { parent: "pci_0000_80_01_0", inner: gpu }),
  );
  const between = interconnects(topology);
  expect(between("0000:18:00.0", "0000:19:00.0")).toBe("PIX");
  expect(between("0000:18:00.0", "0000:81:00.0")).toBe("NODE");
  expect(
    topology.pci.filter(({ vendor }) => vendor === null).map(({ address }) => address),
  ).toEqual(["0000:15:01.0", "0000:16:00.0", "0000:17:00.0", "0000:17:01.0", "0000:80:01.0"]);
});

test("virtual functions are read from either end of the relation", () => {
  const at = (bus: string, fn: number): string =>
    `<address domain='0x0000' bus='0x${bus}' slot='0x00' function='0x${fn}'/>`;
  const nic = "<class>0x020000</class>";
  const { pci: found, nics } = read(
    pci("0000:3b:00.0", {
      inner: `${nic}<capability type='virt_functions' maxCount='8'>${at("3b", 2)}</capability>`,
    }) +
      pci("0000:3b:00.2", { inner: nic }) +
      pci("0000:3b:00.3", {
        inner: `${nic}<capability type='phys_function'>${at("3b", 0)}</capability>`,
      }),
  );
  expect(found.map(({ physicalFunction }) => physicalFunction)).toEqual([
    null,
    "0000:3b:00.0",
    "0000:3b:00.0",
  ]);
  expect(nics.map(({ address }) => address)).toEqual(["0000:3b:00.0"]);
});

test("mediated devices give the vGPU type of a function, or the parts of a GPU", () => {
  const [one, other] = [
    "c60bc1b3-c2b4-4f3c-9b6a-5d0ab0a0d5a1",
    "3627463d-b7f0-4fea-b468-f1da537d301b",
  ];
  const types = `<capability type='mdev_types'><type id='nvidia-558'><name>NVIDIA A40-8C</name>
    <deviceAPI>vfio-pci</deviceAPI><availableInstances>0</availableInstances></type></capability>`;
  const id = (device: string): string =>
    `<class>0x030200</class><product id='0x${device}'/><vendor id='0x10de'/>`;
  const physical = `<capability type='phys_function'>
    <address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></capability>`;
  const { accelerators } = read(
    pci("0000:3b:00.0", { inner: id("2235") }) +
      pci("0000:3b:00.4", { inner: id("2235") + physical + types }) +
      pci("0000:3b:00.5", { inner: id("2235") + physical + types }) +
      pci("0000:5e:00.0", { inner: id("1eb8") }) +
      `<device><name>mdev_${one.replaceAll("-", "_")}_0000_3b_00_4</name>
        <parent>pci_0000_3b_00_4</parent><capability type='mdev'><type id='nvidia-558'/>
        <uuid>${one}</uuid><iommuGroup number='12'/></capability></device>
      <device><name>mdev_${other.replaceAll("-", "_")}</name><parent>pci_0000_5e_00_0</parent>
        <capability type='mdev'><type id='nvidia-222'/></capability></device>`,
  );
  const parts = accelerators.map(({ address, model, profile, instances }) => [
    address,
    model,
    profile,
    instances,
  ]);
  expect(parts).toEqual([
    ["0000:3b:00.0", "A40", null, []],
    ["0000:3b:00.4", "A40", "NVIDIA A40-8C", []],
    ["0000:3b:00.5", "A40", null, []],
    ["0000:5e:00.0", "T4", null, [{ profile: "nvidia-222", uuid: other, memoryBytes: null }]],
  ]);
});

test("kinds of devices that a topology does not hold are one note", () => {
  const notes: string[] = [];
  const other = (name: string, kind: string): string =>
    `<device><name>${name}</name><capability type='${kind}'/></device>`;
  readLibvirtNodeDevices(
    pci("0000:3b:00.0") + other("a", "scsi_host") + other("b", "scsi_host") + other("c", "drm"),
    "x",
    (sentence) => notes.push(sentence),
  );
  expect(notes).toEqual([
    "the output of virsh nodedev-dumpxml in x also has devices of kind scsi_host, " +
      "devices of kind drm: not used",
  ]);
});

test("NICs have the names of their interfaces, and the machine that of the computer", () => {
  const net = (name: string, parent: string, feature = ""): string =>
    `<device><name>net_${name}</name><parent>${parent}</parent><capability type='net'>
     <interface>${name}</interface><feature name='rx'/>${feature}</capability></device>`;
  const {
    nics,
    machine,
    pci: found,
  } = read(
    `<device><name>computer</name><capability type='system'><product>X  1</product><hardware>
     <vendor>ACME</vendor></hardware></capability></device>` +
      pci("0000:00:19.0") +
      pci("0000:00:1a.0") +
      pci("0000:3b:00.0", { inner: "<class>0x020700</class>" }) +
      net("eth1", "pci_0000_00_19_0") +
      net("eth0", "pci_0000_00_19_0", "<link speed='25000' state='up'/>") +
      net("ib0", "pci_0000_3b_00_0", "<feature name='rdma'/>") +
      net("usb0", "usb_1_1"),
  );
  expect(nics).toEqual([
    {
      address: "0000:00:19.0",
      name: "eth0",
      rdma: null,
      ports: [
        { name: "eth0", port: null, bytesPerSecond: 3.125e9, guid: null },
        { name: "eth1", port: null, bytesPerSecond: null, guid: null },
      ],
    },
    { address: "0000:3b:00.0", name: "ib0", rdma: true, ports: null },
  ]);
  expect(found.map(({ class: code }) => code)).toEqual(["02", "", "020700"]);
  expect(machine).toMatchObject({ vendor: "ACME", product: "X 1" });
});

test("an accelerator is recognized by its ids if there are no classes", () => {
  const ids = "<product id='0x2330'/><vendor id='0x10de'/>";
  const { accelerators, pci: found } = read(pci("0000:1b:00.0", { inner: ids }));
  expect(found[0]?.class).toBe("030200");
  expect(accelerators.map(({ model }) => model)).toEqual(["H100 SXM5 80GB"]);
});

test("a document that is not a device is refused, and a loop of parents ends", async () => {
  const refuse = (text: string) => codedError("xml-unexpected", () => read(text));
  await refuse("");
  await refuse("<domain/>");
  await refuse("<device/>");
  await refuse("<device><name>x</name></device>");
  await refuse(pci("0000:00:01.0").replace("<slot>1</slot>", "<slot>99</slot>"));
  await refuse(
    pci("0000:00:01.0", {
      path: `/sys/devices/pci0000:00/${"0000:00:02.0/".repeat(300)}0000:00:01.0`,
    }),
  );
  await codedError("xml-malformed", () => read("<device><name>"));
  await codedError("xml-malformed", () => read("</documents><documents>"));
  await codedError("topology-inconsistent", () =>
    read(
      pci("0000:00:01.0", { parent: "pci_0000_00_02_0" }) +
        pci("0000:00:02.0", { parent: "pci_0000_00_01_0" }),
    ),
  );
  await codedError("topology-inconsistent", () =>
    read(pci("0000:00:01.0") + pci("0000:00:01.0", { name: "other" })),
  );
});

const folder = corpus("libvirt-nodedev");
const files = folder === null ? [] : readdirSync(folder).filter((file) => file.endsWith("xml"));
const recorded = (file: string): string => readFileSync(join(folder ?? "", file), "utf8");

describe.skipIf(folder === null)("Node devices that libvirt and vdsm recorded", () => {
  test.for(files)("%s is a machine without contradictions", (file) => {
    expect(contradictions(readLibvirtNodeDevices(recorded(file), file))).toEqual([]);
  });

  test("a whole host", () => {
    const text = recorded("vdsm-devicetree.concatenated-xml");
    const { pci: found, nics, machine } = readLibvirtNodeDevices(text, "host.xml");
    expect(found.length).toBe(text.split("<capability type='pci'>").length - 1);
    expect(machine.product).toBe("Z10PE-D8 WS");
    expect(nics.map(({ name }) => name)).toEqual(["enp6s0", "enp7s0"]);
    // libvirt's parents agree with the paths.
    for (const { address, parent } of found) {
      const name = `pci_${address.replace(/[:.]/g, "_")}`;
      const named = new RegExp(`<name>${name}</name>.*?<parent>(.*?)</parent>`).exec(text)?.[1];
      expect(named).toBe(parent === null ? "computer" : `pci_${parent.replace(/[:.]/g, "_")}`);
    }
    // Without paths the same tree comes of the names.
    const pathless = readLibvirtNodeDevices(text.replace(/<path>[^<]*<\/path>/g, ""), "host.xml");
    expect(pathless.pci).toEqual(found);
  });

  test("a text that is cut short or garbled is a machine or a coded error", () => {
    const text =
      recorded("pci_0000_02_10_7_sriov.xml") + recorded("pci_8086_4238_pcie_wireless.xml");
    const edit = fc.record({ cut: fc.nat(text.length), at: fc.nat(text.length), put: fc.string() });
    fc.assert(
      fc.property(edit, fc.boolean(), ({ cut, at, put }, isCut) => {
        const garbled = text.slice(0, at) + put + text.slice(at + put.length);
        try {
          expect(contradictions(read(isCut ? garbled.slice(0, cut) : garbled))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(EvenkeelError);
        }
      }),
    );
  });
});

test("a GPU that no list has is named by libvirt's own database", () => {
  const card = `<class>0x030000</class><product id='0x1c03'>GP106 [GeForce GTX 1060 6GB]</product><vendor id='0x10de'>NVIDIA Corporation</vendor>`;
  expect(read(pci("0000:01:00.0", { inner: card })).accelerators).toMatchObject([
    { model: "GeForce GTX 1060 6GB" },
  ]);
});
