import { KiB } from "../../unit/bytes.ts";
import type { YamlValue } from "../../yaml/write.ts";
import { devicePorts, type Guest, isVgpu, type PassedFunction } from "../guest.ts";
import type { HypervisorOptions } from "../options.ts";
import { unsupported } from "../unsupported.ts";
import {
  hugepagesOfAll,
  isMapped,
  type NotExpressible,
  notExpressibleIn,
} from "./not-expressible.ts";

/** A VM for KubeVirt, and the parts of the plan that it cannot express. */
export interface KubevirtManifest {
  readonly virtualMachine: { readonly [key: string]: YamlValue };
  /**
   * What the cluster's KubeVirt resource must permit under `permittedHostDevices.pciHostDevices`.
   */
  readonly permittedHostDevices: readonly PermittedDevice[];
  readonly untold: readonly NotExpressible[];
}

export interface PermittedDevice {
  readonly pciVendorSelector: string;
  readonly resourceName: string;
  /** Whether the vendor's own device plugin gives it out, and not KubeVirt's. */
  readonly externalResourceProvider: boolean;
}

/**
 * The plan as a VirtualMachine (https://kubevirt.io/api-reference/, kubevirt.io/v1), as far as that
 * goes: KubeVirt is told how much of what, and with `guestMappingPassthrough` makes the guest's
 * nodes from the CPUs and the memory that the kubelet then picks. The VM is not started, and has no
 * disks and networks but those that the cluster adds.
 *
 * Errors: `render-unsupported` for devices that KubeVirt could not be given a name for.
 */
export function kubevirtManifest(guest: Guest, options: HypervisorOptions = {}): KubevirtManifest {
  const functions = devicePorts(guest.pci).flatMap((port) => port.functions);
  const own = functions.filter(({ role }) => role !== "companion");
  const devices = own.map((fn) => ({ fn, permitted: permittedDevice(fn) }));
  const byName = new Map(devices.map(({ permitted }) => [permitted.resourceName, permitted]));
  const { identity } = guest;
  return {
    virtualMachine: {
      apiVersion: "kubevirt.io/v1",
      kind: "VirtualMachine",
      metadata: {
        name: identity.vm,
        ...(identity.tenant === null ? {} : { namespace: identity.tenant }),
        annotations: {
          "evenkeel.io/signature": identity.signature,
          "evenkeel.io/topology-digest": identity.topologyDigest,
        },
      },
      spec: {
        runStrategy: "Halted",
        template: {
          spec: {
            architecture: { x86_64: "amd64", aarch64: "arm64" }[guest.architecture],
            nodeSelector: { "kubernetes.io/hostname": identity.host },
            domain: domain(guest, options, devices),
          },
        },
      },
    },
    permittedHostDevices: [...byName.values()],
    untold: notExpressibleIn(guest, functions),
  };
}

interface NamedDevice {
  readonly fn: PassedFunction;
  readonly permitted: PermittedDevice;
}

function domain(
  guest: Guest,
  options: HypervisorOptions,
  devices: readonly NamedDevice[],
): YamlValue {
  const named = (role: PassedFunction["role"], name: string): YamlValue =>
    devices
      .filter(({ fn }) => fn.role === role)
      .map(({ permitted }, i) => ({ name: `${name}${i}`, deviceName: permitted.resourceName }));
  const pageBytes = hugepagesOfAll(guest);
  const efi = { bootloader: { efi: { secureBoot: false } } };
  return {
    machine: { type: { x86_64: "q35", aarch64: "virt" }[guest.architecture] },
    firmware: { uuid: guest.uuid, ...(options.firmware === "bios" ? {} : efi) },
    cpu: cpu(guest, options),
    memory: {
      guest: quantity(guest.memoryBytes),
      ...(pageBytes === null ? {} : { hugepages: { pageSize: quantity(pageBytes) } }),
    },
    devices: {
      autoattachGraphicsDevice: false,
      autoattachMemBalloon: false,
      gpus: named("accelerator", "accelerator"),
      hostDevices: named("nic", "nic"),
    },
  };
}

function cpu(guest: Guest, options: HypervisorOptions): YamlValue {
  const { sockets, coresPerSocket, threadsPerCore, dedicated } = guest.cpu;
  const features = [...new Set([...guest.cpu.features, ...(options.cpuFeatures ?? [])])];
  return {
    model: "host-passthrough",
    sockets,
    cores: coresPerSocket,
    threads: threadsPerCore,
    ...(features.length === 0
      ? {}
      : { features: features.map((name) => ({ name, policy: "require" })) }),
    ...(dedicated ? { dedicatedCpuPlacement: true, isolateEmulatorThread: true } : {}),
    ...(isMapped(guest) ? { numa: { guestMappingPassthrough: {} } } : {}),
  };
}

/** In the largest binary unit that it is a whole number of. */
function quantity(bytes: number): string {
  const units = ["Ki", "Mi", "Gi"];
  const power = units.findLastIndex((_, i) => bytes % KiB ** (i + 1) === 0);
  return power < 0 ? `${bytes}` : `${bytes / KiB ** (power + 1)}${units[power]}`;
}

/**
 * A vGPU has the name that NVIDIA's device plugin gives it, its type with `_` for blanks
 * (https://github.com/NVIDIA/kubevirt-gpu-device-plugin): all virtual functions have one id,
 * whatever their type.
 */
function permittedDevice(fn: PassedFunction): PermittedDevice {
  const { device, hostAddress } = fn;
  if (device.vendor === null || device.device === null) {
    throw unsupported(
      "devices",
      `the vendor and device number of ${hostAddress} are unknown`,
      "both, since KubeVirt permits devices by them",
      "place the VM on a topology that has them",
    );
  }
  const type = device.vendor === "10de" && isVgpu(fn) ? device.profile : null;
  return {
    pciVendorSelector: `${device.vendor}:${device.device}`.toUpperCase(),
    resourceName:
      type === null
        ? `evenkeel.io/${device.vendor}-${device.device}`
        : `nvidia.com/${type.replaceAll(/[\s/]/g, "_")}`,
    externalResourceProvider: type !== null,
  };
}
