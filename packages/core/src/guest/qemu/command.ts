import { GiB } from "../../unit/bytes.ts";
import { contractArguments } from "../contract/arguments.ts";
import { firmwareOf, windowArguments } from "../firmware.ts";
import { devicePorts, type Guest, isVgpu, type Pin } from "../guest.ts";
import { deviceArguments } from "./devices.ts";
import { firmwareArguments, firmwareProperties } from "./firmware.ts";
import { cpuArguments, machineArguments } from "./machine.ts";
import { memoryArguments } from "./memory.ts";
import type { QemuOptions } from "./options.ts";
import { optionValue } from "../option-value.ts";

/** QEMU's command line for a guest, and what whoever starts it must do beside it. */
export interface QemuCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly threads: QemuThreads;
  /** Every host node that its memory may come from, the emulator's own included: `cpuset.mems`. */
  readonly memoryNodes: string;
  /** Huge pages that must be free on the host, by size and the nodes that they may lie on. */
  readonly hugepages: readonly QemuHugepages[];
  /**
   * The least RLIMIT_MEMLOCK of the process: VFIO pins the guest's memory and the windows of its
   * devices, for which libvirt adds 1 GiB as well. Null without devices.
   */
  readonly memlockBytes: number | null;
  /** Host addresses that must be bound to vfio-pci before. */
  readonly devices: readonly string[];
  /** Where the guest differs from what the plan or the host says, and why. */
  readonly notes: readonly string[];
}

/**
 * The host CPUs that each thread must be kept to. `debug-threads` names the threads: `CPU 0/KVM`
 * (or `CPU 0/TCG`), `IO iothread1`; QMP's `query-cpus-fast` and `query-iothreads` give their
 * numbers. All others, and later ones, are the emulator's.
 */
export interface QemuThreads {
  readonly vcpus: readonly Pin[];
  readonly iothreads: readonly Pin[];
  readonly emulator: string;
}

export interface QemuHugepages {
  readonly cell: number;
  readonly pageBytes: number;
  readonly count: number;
  readonly nodes: string;
}

/**
 * The whole command, the same for the same guest. It has all that the plan decides and nothing
 * else: no disk, no network, no console unless `options.arguments` brings them.
 *
 * It needs QEMU 7.2 (`hpet` of the machine is the youngest part, from 7.0). Objects and devices are
 * written as JSON, which QEMU takes since 6.2 and which needs no escaping; the rest doubles commas.
 *
 * Errors: `render-unsupported`.
 */
export function qemuCommand(guest: Guest, options: QemuOptions = {}): QemuCommand {
  const firmware = firmwareOf(guest, options);
  const functions = devicePorts(guest.pci).flatMap((port) => port.functions);
  return {
    program: `qemu-system-${guest.architecture}`,
    arguments: [
      "-name",
      `guest=${optionValue(guest.name)},debug-threads=on`,
      "-uuid",
      guest.uuid,
      "-no-user-config",
      "-nodefaults",
      "-display",
      "none",
      ...(options.monitor === undefined ? [] : monitorArguments(options.monitor)),
      ...firmwareArguments(guest, options),
      ...machineArguments(guest, firmwareProperties(firmware, options), options),
      ...cpuArguments(guest, options),
      ...memoryArguments(guest),
      "-rtc",
      "base=utc",
      "-boot",
      "strict=on",
      ...deviceArguments(guest),
      ...windowArguments(guest, firmware),
      ...contractArguments(guest, options.contractFile),
      ...(options.arguments ?? []),
    ],
    threads: {
      vcpus: guest.vcpuPins,
      iothreads: guest.iothreadPins,
      emulator: guest.emulatorCpus,
    },
    memoryNodes: guest.memoryNodes,
    hugepages: hugepagesOf(guest),
    memlockBytes: functions.length === 0 ? null : guest.memoryBytes + GiB,
    devices: functions.filter((fn) => !isVgpu(fn)).map((fn) => fn.hostAddress),
    notes: [...guest.notes, ...guest.portNotes],
  };
}

function monitorArguments(path: string): string[] {
  const socket = `socket,id=monitor,path=${optionValue(path)},server=on,wait=off`;
  return ["-chardev", socket, "-mon", "chardev=monitor,mode=control", "-S"];
}

function hugepagesOf({ cells }: Guest): QemuHugepages[] {
  return cells.flatMap(({ id, memoryBytes, hugepageBytes, memoryNodes }) =>
    hugepageBytes === null
      ? []
      : [
          {
            cell: id,
            pageBytes: hugepageBytes,
            count: memoryBytes / hugepageBytes,
            nodes: memoryNodes,
          },
        ],
  );
}
