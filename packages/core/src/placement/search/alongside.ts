import type { Device } from "../inventory/devices.ts";

/**
 * How many accelerators and NICs come along with those chosen, in their IOMMU groups, without being
 * chosen themselves, while a choice is made one device after the other: of a group that has been
 * touched, those of its members are lost that were passed over or were never offered.
 *
 * NICs are chosen after accelerators. Until then those on offer in a touched group are in doubt: as
 * many of them as are still wanted may be chosen yet. So `least` never says too much, and once all
 * has been chosen or passed over it is the number itself. Everything can be taken back, last first.
 */
export interface Alongside {
  /** Begins anew with these on offer. */
  readonly begin: (accelerators: readonly Device[], nics: readonly Device[]) => void;
  readonly take: (accelerator: Device) => void;
  readonly untake: (accelerator: Device) => void;
  readonly pass: (accelerator: Device) => void;
  readonly unpass: (accelerator: Device) => void;
  readonly takeNic: (nic: Device) => void;
  readonly untakeNic: (nic: Device) => void;
  readonly passNic: (nic: Device) => void;
  readonly unpassNic: (nic: Device) => void;
  /** With so many NICs still to be chosen. */
  readonly least: (missingNics: number) => number;
}

/** @param groupSizes how many accelerators and NICs each group of the machine has. */
export function alongside(groupSizes: readonly number[], devices: readonly Device[]): Alongside {
  return devices.every(({ soldCompanions }) => soldCompanions.length === 0)
    ? nothingAlong
    : counted(groupSizes);
}

const ignore = (): void => {};

/** Where every device is in a group by itself. */
const nothingAlong: Alongside = {
  begin: ignore,
  take: ignore,
  untake: ignore,
  pass: ignore,
  unpass: ignore,
  takeNic: ignore,
  untakeNic: ignore,
  passNic: ignore,
  unpassNic: ignore,
  least: () => 0,
};

function counted(sizes: readonly number[]): Alongside {
  // Of each group: how many are chosen, how many can be no more, how many NICs are in doubt.
  const chosen = new Int32Array(sizes.length);
  const lost = new Int32Array(sizes.length);
  const doubtful = new Int32Array(sizes.length);
  // The sums of the latter two over touched groups.
  let allLost = 0;
  let allDoubtful = 0;
  const count = (of: Int32Array, group: number, more: number): void => {
    of[group] = (of[group] ?? 0) + more;
  };
  const touch = (group: number): void => {
    if (chosen[group] === 0) {
      allLost += lost[group] ?? 0;
      allDoubtful += doubtful[group] ?? 0;
    }
    count(chosen, group, 1);
  };
  const leave = (group: number): void => {
    count(chosen, group, -1);
    if (chosen[group] !== 0) return;
    allLost -= lost[group] ?? 0;
    allDoubtful -= doubtful[group] ?? 0;
  };
  const lose = (group: number, more: number): void => {
    count(lost, group, more);
    if (chosen[group] !== 0) allLost += more;
  };
  const doubt = (group: number, more: number): void => {
    count(doubtful, group, more);
    if (chosen[group] !== 0) allDoubtful += more;
  };
  return {
    begin: (accelerators, nics) => {
      chosen.fill(0);
      doubtful.fill(0);
      lost.set(sizes);
      [allLost, allDoubtful] = [0, 0];
      for (const { group } of accelerators) count(lost, group, -1);
      for (const { group } of nics) {
        count(lost, group, -1);
        count(doubtful, group, 1);
      }
    },
    take: ({ group }) => touch(group),
    untake: ({ group }) => leave(group),
    pass: ({ group }) => lose(group, 1),
    unpass: ({ group }) => lose(group, -1),
    takeNic: ({ group }) => {
      touch(group);
      doubt(group, -1);
    },
    untakeNic: ({ group }) => {
      doubt(group, 1);
      leave(group);
    },
    passNic: ({ group }) => {
      doubt(group, -1);
      lose(group, 1);
    },
    unpassNic: ({ group }) => {
      lose(group, -1);
      doubt(group, 1);
    },
    least: (missingNics) => allLost + Math.max(0, allDoubtful - missingNics),
  };
}
