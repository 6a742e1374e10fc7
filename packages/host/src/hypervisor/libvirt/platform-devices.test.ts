import { expect, test } from "vitest";
import { codedError } from "../../../testing/expect-error.ts";
import { readPlatformDevices } from "./platform-devices.ts";

const read = (inner: string) => readPlatformDevices(`<devices>${inner}</devices>`, "devices.xml");

test("disks, networks and consoles are taken as they are", () => {
  const devices = read(`
    <disk type='file'><source file='/a.img'/><target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x1b' function='0x0'/></disk>
    <interface type='network'><source network='default'/></interface>
    <serial type='file'><source path='/var/log/libvirt/qemu/tried-console.log'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>`);
  expect(devices.map(({ name }) => name)).toEqual(["disk", "interface", "serial", "channel"]);
});

/** What would go past the plan. */
test.each([
  ["<hostdev mode='subsystem' type='pci'/>", "it has the element hostdev"],
  ["<hostdev mode='subsystem' type='usb'/>", "it has the element hostdev"],
  ["<controller type='pci' index='1' model='pcie-root-port'/>", "it has the element controller"],
  ["<memory model='dimm'/>", "it has the element memory"],
  ["<memballoon model='virtio'/>", "it has the element memballoon"],
  ["<emulator>/tmp/evil</emulator>", "it has the element emulator"],
  ["<interface type='hostdev'/>", "the type of interface is hostdev"],
  ["<interface type='vdpa'/>", "the type of interface is vdpa"],
  ["<disk type='nvme'/>", "the type of disk is nvme"],
  ["<disk device='disk'/>", "disk has no type"],
  ["<rng><address type='pci' bus='0x01' slot='0'/></rng>", "the bus of rng/address is 0x01"],
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
