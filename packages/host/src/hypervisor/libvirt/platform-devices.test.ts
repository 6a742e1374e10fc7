import { expect, test } from "vitest";
import { codedError } from "../../../testing/expect-error.ts";
import { readPlatformDevices } from "./platform-devices.ts";

const read = (inner: string) => readPlatformDevices(`<devices>${inner}</devices>`, "devices.xml");

test("disks, networks and consoles are taken as they are", () => {
  const devices = read(`
    <disk type='file'><source file='/a.img'/><target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x1b' function='0x0'/></disk>
    <interface type='network'><source network='default'/></interface>
    <serial type='file'><source path='/tmp/console'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>`);
  expect(devices.map(({ name }) => name)).toEqual(["disk", "interface", "serial", "channel"]);
});

/** What would go past the plan. */
test.each([
  ["<hostdev mode='subsystem' type='pci'/>", "it has a hostdev"],
  ["<hostdev mode='subsystem' type='usb'/>", "it has a hostdev"],
  ["<controller type='pci' index='1' model='pcie-root-port'/>", "it has a controller"],
  ["<memory model='dimm'/>", "it has a memory"],
  ["<memballoon model='virtio'/>", "it has a memballoon"],
  ["<emulator>/tmp/evil</emulator>", "it has a emulator"],
  ["<interface type='hostdev'/>", "an interface takes a device of the host"],
  ["<interface type='vdpa'/>", "an interface takes a device of the host"],
  ["<disk type='nvme'/>", "a disk is of type nvme"],
  ["<rng><address type='pci' bus='0x01' slot='0'/></rng>", "the address of a rng is on bus 0x01"],
])("%s is refused", async (inner, message) => {
  const error = await codedError("devices-unsafe", () => read(inner));
  expect(error.message).toBe(message);
  expect(error.where).toBe("devices.xml");
});

test("a file of something else is refused", async () => {
  await codedError("xml-unexpected", () => readPlatformDevices("<domain/>", "devices.xml"));
  await codedError("xml-malformed", () => readPlatformDevices("<devices>", "devices.xml"));
  await codedError("xml-unsafe", () =>
    readPlatformDevices('<!DOCTYPE d [<!ENTITY a "b">]><devices/>', "devices.xml"),
  );
});
