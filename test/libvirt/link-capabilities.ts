import type { Guest } from "@evenkeel/core/guest/guest.ts";
import type { DeviceShape } from "@evenkeel/core/testing/guest/plan-of.ts";

/** One command of QEMU's monitor for people, and what it prints. */
export type Monitor = (command: string) => Promise<string>;

/** A link's maximum as a port's LnkCap has it. */
export interface LinkCapability {
  readonly speedGTs: number | undefined;
  readonly width: number;
}

/** Of LnkCap's codes (PCI Express Base Specification, 7.5.3.6). */
const speeds = new Map([
  [1, 2.5],
  [2, 5],
  [3, 8],
  [4, 16],
  [5, 32],
]);

/**
 * What a guest of q35 reads in LnkCap of each root port, in the order of the guest's tree. It is
 * read as a guest's kernel does at first, through the ports 0xcf8 and 0xcfc.
 */
export async function rootPortLinks(
  { pci }: Pick<Guest, "pci">,
  monitor: Monitor,
): Promise<readonly LinkCapability[]> {
  const places = pci.expanders.flatMap(({ bus, ports }) =>
    ports.map(({ slot }) => ({ bus, slot })),
  );
  const found: LinkCapability[] = [];
  for (const { bus, slot } of places) {
    const read = async (register: number): Promise<number> => {
      const address = 0x80000000 + bus * 0x10000 + slot * 0x800 + (register & 0xfc);
      await monitor(`o/w 0xcf8 0x${address.toString(16)}`);
      const [, value] = /=\s*0x([0-9a-f]{8})/.exec(await monitor("i/w 0xcfc")) ?? [];
      if (value === undefined) throw new Error(`no register ${register} at ${bus}:${slot}`);
      return Number.parseInt(value, 16);
    };
    found.push(linkCapability(await read((await expressAt(read)) + 0xc)));
  }
  return found;
}

/** Where a function has its PCI Express capability, number 0x10. */
async function expressAt(read: (register: number) => Promise<number>): Promise<number> {
  let at = (await read(0x34)) & 0xff;
  for (let steps = 0; at !== 0 && steps < 48; steps++) {
    const header = await read(at);
    if ((header & 0xff) === 0x10) return at;
    at = (header >> 8) & 0xff;
  }
  throw new Error("no PCI Express capability");
}

function linkCapability(register: number): LinkCapability {
  return { speedGTs: speeds.get(register & 0xf), width: (register >> 4) & 0x3f };
}

interface LinkedDevice {
  readonly device: DeviceShape;
  /** What a guest of QEMU 7.2 finds at its port. */
  readonly seen: LinkCapability;
}

/** Devices of each generation, one of more than the ports can say, and one of an unknown link. */
export const linkedDevices: readonly LinkedDevice[] = [
  linked(0, 2.5, 1, { speedGTs: 2.5, width: 1 }),
  linked(1, 5, 4, { speedGTs: 5, width: 4 }),
  linked(2, 8, 16, { speedGTs: 8, width: 16 }),
  linked(3, 16, 8, { speedGTs: 16, width: 8 }),
  linked(4, 32, 16, { speedGTs: 16, width: 16 }),
  linked(5, null, null, { speedGTs: 16, width: 32 }),
];

function linked(
  i: number,
  maxSpeedGTs: number | null,
  maxWidth: number | null,
  seen: LinkCapability,
): LinkedDevice {
  const link = { speedGTs: null, width: null, maxSpeedGTs, maxWidth };
  return { device: { address: `0000:1${i}:00.0`, link }, seen };
}
