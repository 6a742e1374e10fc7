/** A PCI function as QEMU's monitor tells of it once the guest's firmware has been at it. */
export interface PciFunction {
  /** In the guest: `0000:f9:00.0`. */
  readonly address: string;
  /** QEMU's name: `pci.3` of libvirt's controller 3. */
  readonly id: string;
  /** What it forwards; null where it is no bridge. */
  readonly bridge: BridgeWindow | null;
}

/**
 * The bus behind a bridge, and the 64-bit memory that it forwards there; none while end < start.
 */
export interface BridgeWindow {
  readonly bus: number;
  readonly start: number;
  readonly end: number;
}

/** The functions in an answer to QMP's `query-pci`, those behind bridges included. */
export function pciFunctions(answer: string): readonly PciFunction[] {
  const parsed: { return: readonly QmpBus[] } = JSON.parse(answer);
  return parsed.return.flatMap(({ devices }) => devices.flatMap(below));
}

interface QmpBus {
  readonly devices: readonly QmpDevice[];
}

/** https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html, PciDeviceInfo. */
interface QmpDevice {
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
  readonly qdev_id: string;
  readonly pci_bridge?: {
    readonly bus: {
      readonly secondary: number;
      readonly prefetchable_range: { readonly base: number; readonly limit: number };
    };
    readonly devices?: readonly QmpDevice[];
  };
}

function below(device: QmpDevice): PciFunction[] {
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  const forwarded = device.pci_bridge?.bus;
  const range = forwarded?.prefetchable_range;
  const own: PciFunction = {
    address: `0000:${hex(device.bus)}:${hex(device.slot)}.${device.function}`,
    id: device.qdev_id,
    bridge:
      forwarded === undefined || range === undefined
        ? null
        : { bus: forwarded.secondary, start: range.base, end: range.limit + 1 },
  };
  return [own, ...(device.pci_bridge?.devices ?? []).flatMap(below)];
}
