import type { Guest } from "../guest.ts";
import type { QemuOptions } from "./options.ts";

/**
 * The machine. Interrupts beyond eight bits are remapped by the emulator, so the I/O APIC must be
 * the emulator's too (`split`). The guest's memory is kept from same-page merging, which would make
 * one page of two on different nodes, and out of core dumps.
 */
export function machineArguments(
  { architecture, cpu, pci }: Guest,
  firmware: readonly string[],
  { emulated }: QemuOptions,
): string[] {
  const own =
    architecture === "x86_64"
      ? [
          "q35",
          "vmport=off",
          "hpet=off",
          ...(cpu.extendedInterrupts ? ["kernel_irqchip=split"] : []),
        ]
      : // Version 3 is the first that serves more than eight vCPUs.
        ["virt", "gic-version=3"];
  const parts = [...own, "usb=off", "dump-guest-core=off", "mem-merge=off", ...firmware];
  const window =
    architecture === "x86_64" && pci.window64Bytes !== null
      ? ["-global", `q35-pcihost.pci-hole64-size=${pci.window64Bytes}`]
      : [];
  return ["-machine", parts.join(","), "-accel", emulated === true ? "tcg" : "kvm", ...window];
}

/** TCG's own address width, in bits. */
const EMULATED_ADDRESS_BITS = 40;

/** The processor: the host's, or in software one that has everything. */
export function cpuArguments(guest: Guest, options: QemuOptions): string[] {
  const { vcpus, sockets, coresPerSocket, threadsPerCore } = guest.cpu;
  // In software the CPU is not the host's, and needs nothing that the host's does.
  const own = options.emulated === true ? [] : guest.cpu.features;
  const features = new Set([...own, ...(options.cpuFeatures ?? [])]);
  const topology = `sockets=${sockets},dies=1,cores=${coresPerSocket},threads=${threadsPerCore}`;
  return [
    "-cpu",
    [...cpuModel(guest, options), ...Array.from(features, (name) => `${name}=on`)].join(","),
    "-smp",
    // virt of aarch64 has no dies.
    `${vcpus},${guest.architecture === "x86_64" ? topology : topology.replace("dies=1,", "")}`,
    ...guest.iothreadPins.flatMap(({ id }) => [
      "-object",
      JSON.stringify({ "qom-type": "iothread", id: `iothread${id}` }),
    ]),
  ];
}

function cpuModel({ architecture, cpu }: Guest, { emulated }: QemuOptions): string[] {
  const x86 = architecture === "x86_64";
  if (emulated === true) {
    const wide = x86 && cpu.addressBits > EMULATED_ADDRESS_BITS;
    return ["max", ...(wide ? [`phys-bits=${cpu.addressBits}`] : [])];
  }
  if (!x86) return ["host"];
  return [
    "host",
    // A guest with a passed-through device does not migrate, so it may see features that cannot.
    "migratable=off",
    "host-phys-bits=on",
    ...(cpu.extendedInterrupts ? ["x2apic=on"] : []),
    // Its kernel may spin and sleep as on bare metal, since no vCPU is ever set aside
    // (KVM_HINTS_REALTIME, Documentation/virt/kvm/x86/cpuid.rst).
    ...(cpu.dedicated ? ["kvm-hint-dedicated=on"] : []),
  ];
}
