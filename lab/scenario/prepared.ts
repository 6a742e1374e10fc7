import { beforeAll, expect, test } from "vitest";
import type { BootSetting } from "../machine/host.ts";
import {
  bareSetting,
  bootSet,
  carriedOut,
  lackingIn,
  prepareOn,
  settingOf,
} from "../machine/preparing.ts";

/**
 * A machine that was prepared as in `prepared.quick.ts`, but for one thing: a word of the boot
 * line, or a file. After the restart `evenkeel prepare` names what that was for, and nothing else.
 */
let setting: BootSetting;
let words: readonly string[];

beforeAll(async () => {
  const host = await bootSet(bareSetting);
  try {
    const said = await prepareOn(host);
    words = said.preparation.boot.words;
    await carriedOut(host, said);
    setting = await settingOf(host);
  } finally {
    await host.stop();
  }
});

const drivers = ["0000:21:00.0", "0000:31:00.0"].map((address) => `vfio-driver ${address}`);

interface Omission {
  readonly without: string;
  readonly change: (whole: BootSetting) => BootSetting;
  readonly lacks: readonly string[];
  /** Whether the machine is prepared all the same. */
  readonly prepared?: true;
}

/** Leaves out the words of these names, or has others in their place. */
const without = (
  name: RegExp,
  lacks: readonly string[],
  more: Pick<Omission, "prepared"> & { readonly instead?: (word: string) => string } = {},
): Omission => {
  const { instead, ...rest } = more;
  const change = ({ line, files }: BootSetting): BootSetting => {
    const kept = line.split(" ").flatMap((word) => {
      if (!name.test(word)) return [word];
      return instead === undefined ? [] : [instead(word)];
    });
    return { line: kept.join(" "), files };
  };
  return { without: String(name), change, lacks, ...rest };
};

const omissions: readonly Omission[] = [
  // vfio-pci takes no device that no IOMMU translates.
  without(/^intel_iommu=/, ["iommu the host", ...drivers], { instead: () => "intel_iommu=off" }),
  without(/^iommu=/, ["iommu-passthrough the host"], { prepared: true }),
  without(/^vfio-pci\.ids=/, drivers),
  // Pages of 2 MiB are x86's default.
  without(/^(?:default_)?hugepagesz=/, [], { prepared: true }),
  without(/^hugepages=/, ["hugepages node 0", "hugepages node 1"]),
  without(/^hugepages=/, ["hugepages node 1"], { instead: (word) => word.replace(/,.*/, "") }),
  without(/^isolcpus=/, ["isolated-cpus CPUs 1-3,5-7"]),
  {
    without: "/etc/modules-load.d",
    change: ({ line, files }) => {
      const others = Object.entries(files).filter(([path]) => !path.includes("/modules-load.d/"));
      return { line, files: Object.fromEntries(others) };
    },
    lacks: drivers,
  },
];

test("every word of the boot line is left out once", () => {
  const names = omissions.map(({ change }) => change({ line: words.join(" "), files: {} }).line);
  for (const word of words) {
    expect([word, names.some((line) => !line.split(" ").includes(word))]).toEqual([word, true]);
  }
});

test.each(omissions)("without $without it lacks $lacks", async ({ change, lacks, prepared }) => {
  const left = change(setting);
  expect(left).not.toEqual(setting);
  const host = await bootSet(left);
  try {
    const said = await prepareOn(host);
    expect(lackingIn(said)).toEqual(lacks);
    expect(said.preparation.prepared).toBe(prepared === true);
  } finally {
    await host.stop();
  }
});
