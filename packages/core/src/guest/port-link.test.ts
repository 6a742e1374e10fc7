import { expect, test } from "vitest";
import { devicePorts } from "./guest.ts";
import { guestFromPlan } from "./from-plan.ts";
import { portLink, portProperties } from "./port-link.ts";
import type { PciForm } from "./ports.ts";
import { render } from "../render/render.ts";
import { type DeviceShape, planOf } from "../../testing/guest/plan-of.ts";
import type { PcieLink } from "../topology/topology.ts";
import { limitsFor, parseVersions } from "./versions.ts";

const linkOf = (maxSpeedGTs: number | null, maxWidth: number | null): PcieLink => ({
  speedGTs: 2.5,
  width: 1,
  maxSpeedGTs,
  maxWidth,
});
const releases = ["7.2", "9.0"].map((qemu) => limitsFor(parseVersions(`qemu=${qemu}`)));
const [qemu72, qemu90] = releases;

test.each([
  [2.5, 1, ["2_5", "2_5"], "1"],
  [5, 2, ["5", "5"], "2"],
  [8, 4, ["8", "8"], "4"],
  [16, 12, ["16", "16"], "12"],
  [32, 16, ["16", "32"], "16"],
  [64, 32, ["16", "64"], "32"],
  [128, 16, ["16", "64"], "16"],
])("a link of %s GT/s and %s lanes, in QEMU 7.2 and from 9.0 on", (speed, width, words, lanes) => {
  const said = releases.map((limits) =>
    portProperties(portLink(linkOf(speed, width), limits.portSpeedsGTs)),
  );
  expect(said).toEqual(words.map((word) => ({ "x-speed": word, "x-width": lanes })));
});

test("what is unknown is not said, and what the link is now does not matter", () => {
  for (const { portSpeedsGTs: speeds } of releases) {
    expect(portProperties(portLink(null, speeds))).toEqual({});
    expect(portProperties(portLink(linkOf(null, null), speeds))).toEqual({});
    expect(portProperties(portLink(linkOf(8, null), speeds))).toEqual({ "x-speed": "8" });
    expect(portProperties(portLink(linkOf(null, 8), speeds))).toEqual({ "x-width": "8" });
  }
});

const fast: DeviceShape = {
  address: "0000:1b:00.0",
  link: linkOf(32, 16),
  companions: ["0000:1b:00.1", "0000:1c:00.0"],
};
const others: readonly DeviceShape[] = [
  { address: "0000:2b:00.0", link: linkOf(8, 16) },
  { address: "0000:3b:00.0", link: null, kind: "nic" },
];
const plan = planOf({ cells: [{ cores: 1, devices: [fast, ...others] }] });

test("a companion in the slot of its device shares its port; of one elsewhere nothing is known", () => {
  const shown = devicePorts(guestFromPlan(plan).pci).map(({ functions, link }) => [
    functions.map(({ hostAddress }) => hostAddress).join(" "),
    link,
  ]);
  expect(shown).toEqual([
    ["0000:1b:00.0 0000:1b:00.1", { speedGTs: 16, width: 16 }],
    ["0000:1c:00.0", { speedGTs: null, width: null }],
    ["0000:2b:00.0", { speedGTs: 8, width: 16 }],
    ["0000:3b:00.0", { speedGTs: null, width: null }],
  ]);
});

test("notes say what the guest sees where it is not the device's link", () => {
  const unknown =
    "how fast or wide the link of 0000:1c:00.0, 0000:3b:00.0 can be is unknown: the root port says " +
    "QEMU's own 16 GT/s or 32 lanes instead";
  expect(guestFromPlan(plan, { limits: qemu72 }).portNotes).toEqual([
    unknown,
    "the guest sees 16 GT/s at the root port, not the 32 GT/s that the link of 0000:1b:00.0 can: it " +
      "is the most that QEMU's ports say before QEMU 9.0, and a driver may take the link for slower " +
      "than it is",
  ]);
  expect(guestFromPlan(plan, { limits: qemu90 }).portNotes).toEqual([unknown]);
});

test("the contract is the same whatever QEMU's ports can say", () => {
  const [early, late] = releases.map((limits) => render(plan, "contract", { limits }));
  expect(late).toBe(early);
});

test("a switch's ports cannot be told; the root port above it says the switch's own link", () => {
  const below = ["0000:21:00.0", "0000:22:00.0"].map((address): DeviceShape => ({
    address,
    link: linkOf(8, 16),
    switches: ["0000:20:00.0"],
  }));
  const shared = planOf({ cells: [{ cores: 1, devices: below }] });
  const ports = (pci: PciForm) =>
    guestFromPlan(shared, { pci }).pci.expanders.flatMap((expander) => expander.ports);
  expect(ports("ports").map(({ link }) => link)).toEqual(
    below.map(() => ({ speedGTs: 8, width: 16 })),
  );
  const [root, ...more] = ports("switches");
  expect(more).toEqual([]);
  expect(root?.link).toEqual({ speedGTs: 8, width: 16 });
  expect(root?.switch?.ports.map(({ link }) => link)).toEqual([null, null]);
});

test("libvirt is told by the port's alias, QEMU by the port itself, and neither of what is unknown", () => {
  const limits = qemu90;
  const xml = render(plan, "libvirt", { limits });
  expect(xml.slice(xml.indexOf("  <qemu:override>"), xml.indexOf("</domain>")))
    .toMatchInlineSnapshot(`
    "  <qemu:override>
        <qemu:device alias='pci.2'>
          <qemu:frontend>
            <qemu:property name='x-speed' type='string' value='32'/>
            <qemu:property name='x-width' type='string' value='16'/>
          </qemu:frontend>
        </qemu:device>
        <qemu:device alias='pci.4'>
          <qemu:frontend>
            <qemu:property name='x-speed' type='string' value='8'/>
            <qemu:property name='x-width' type='string' value='16'/>
          </qemu:frontend>
        </qemu:device>
      </qemu:override>
    "
  `);
  expect(xml).toContain("libvirt marks this domain as tainted (custom device configuration)");
  const command = render(plan, "qemu", { limits });
  expect(command).toContain('"hotplug":false,"x-speed":"32","x-width":"16"}');
  expect(command.match(/"x-speed"/g)).toHaveLength(2);
  const untold = planOf({ cells: [{ cores: 1, devices: [{ address: "0000:3b:00.0" }] }] });
  expect(render(untold, "libvirt")).not.toMatch(/qemu:override|tainted/);
});
