import { expect, test } from "vitest";
import { planOf } from "../../testing/guest/plan-of.ts";
import { qemuCommand } from "./qemu/command.ts";
import { render } from "../render/render.ts";
import { guestFromPlan } from "./from-plan.ts";
import { kubevirtManifest } from "./kubevirt/manifest.ts";

/** Two vGPUs on virtual functions of one id, one of them with a companion, and a whole GPU. */
const plan = planOf({
  cells: [
    {
      cores: 1,
      devices: [
        { address: "0000:1b:00.4", profile: "NVIDIA L40S-12Q", companions: ["0000:1b:01.0"] },
        { address: "0000:1b:00.5", profile: "NVIDIA L40S-24C" },
        { address: "0000:2b:00.0" },
      ],
    },
  ],
});

test("a vGPU stays with its vendor's driver under libvirt, and what is no vGPU does not", () => {
  const hostdevs = render(plan, "libvirt").split("<hostdev").slice(1);
  const managed = hostdevs.map((text) => {
    const [, bus, slot, fn] = /bus='0x(..)' slot='0x(..)' function='0x(.)'/.exec(text) ?? [];
    return `${bus}:${slot}.${fn} ${/managed='(\w+)'/.exec(text)?.[1]}`;
  });
  expect(managed.toSorted()).toEqual(["1b:00.4 no", "1b:00.5 no", "1b:01.0 yes", "2b:00.0 yes"]);
});

test("QEMU has them all, and only what is no vGPU is to be bound to vfio-pci", () => {
  const { devices } = qemuCommand(guestFromPlan(plan));
  expect(devices.toSorted()).toEqual(["0000:1b:01.0", "0000:2b:00.0"]);
  expect(render(plan, "qemu").match(/"driver":"vfio-pci"/g)).toHaveLength(4);
});

test("KubeVirt knows a vGPU by its type, which NVIDIA's device plugin gives out", () => {
  const { permittedHostDevices } = kubevirtManifest(guestFromPlan(plan));
  const own = { pciVendorSelector: "10DE:2330" };
  expect(permittedHostDevices).toEqual([
    { ...own, resourceName: "nvidia.com/NVIDIA_L40S-12Q", externalResourceProvider: true },
    { ...own, resourceName: "nvidia.com/NVIDIA_L40S-24C", externalResourceProvider: true },
    { ...own, resourceName: "evenkeel.io/10de-2330", externalResourceProvider: false },
  ]);
  const text = render(plan, "kubevirt");
  expect(text).toContain(
    "nvidia.com/NVIDIA_L40S-12Q: 10DE:2330, with externalResourceProvider: true",
  );
  expect(text).toContain("deviceName: nvidia.com/NVIDIA_L40S-12Q");
});
