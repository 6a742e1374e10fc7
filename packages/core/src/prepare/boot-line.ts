import { isEmpty, type IndexSet } from "../set/index-set.ts";
import { formatList } from "../set/list-format.ts";
import { advice, type Remedy, writeFile } from "../remedy/remedy.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import type { GivenDevices } from "./devices.ts";
import { iommuWords } from "./iommu.ts";
import { type NodePages, takesPagesByNode } from "./pages.ts";
import type { BootLine } from "./preparation.ts";
import type { HostSetting } from "./setting.ts";

/** What the boot line has to bring about. */
export interface BootWishes {
  readonly given: GivenDevices;
  readonly pages: readonly NodePages[];
  readonly isolated: IndexSet;
}

/**
 * The kernel's command line for these wishes.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html
 */
export function bootLine(topology: Topology, wishes: BootWishes, setting: HostSetting): BootLine {
  const { given, pages, isolated } = wishes;
  const words = [
    ...(given.all.length === 0 ? [] : iommuWords(topology)),
    ...(given.ids.length === 0 ? [] : [`vfio-pci.ids=${given.ids.join(",")}`]),
    ...pageWords(pages, setting),
    ...(isEmpty(isolated) ? [] : [`isolcpus=domain,managed_irq,${formatList(isolated)}`]),
  ];
  const names = new Set(words.map(nameOf));
  const instead =
    setting.bootOptions?.filter((word) => names.has(nameOf(word)) && !words.includes(word)) ?? null;
  return { words, instead, remedy: words.length === 0 ? null : bootRemedy(words, setting) };
}

const nameOf = (word: string): string => word.split("=", 1)[0] ?? "";

/**
 * Huge pages are surest at boot, before memory is in pieces. The largest size that is taken becomes
 * the default, so that `/dev/hugepages` has it. Each size is named before its pages.
 */
function pageWords(pages: readonly NodePages[], { kernelRelease }: HostSetting): readonly string[] {
  const bySize = Map.groupBy(pages, ({ sizeBytes }) => sizeBytes);
  const sizes = [...bySize.keys()].toSorted((a, b) => b - a);
  const [largest] = sizes;
  if (largest === undefined) return [];
  const perNode = takesPagesByNode(kernelRelease) !== false;
  return [
    `default_hugepagesz=${sizeWord(largest)}`,
    ...(perNode ? sizes : []).flatMap((size) => {
      const counts = (bySize.get(size) ?? []).map((one) => `${one.node}:${one.pages}`);
      return [`hugepagesz=${sizeWord(size)}`, `hugepages=${counts.join(",")}`];
    }),
  ];
}

const sizeWord = (bytes: number): string =>
  bytes % GiB === 0 ? `${bytes / GiB}G` : `${bytes / MiB}M`;

/** A file that GRUB's configuration includes; it is replaced as a whole each time. */
const grubFile = "/etc/default/grub.d/evenkeel.cfg";

function bootRemedy(words: readonly string[], { system }: HostSetting): Remedy {
  const line = words.join(" ");
  switch (system) {
    case "debian":
      return {
        text: "Add it to GRUB's configuration, then restart the host.",
        argv: [
          ["mkdir", "-p", "/etc/default/grub.d"],
          writeFile(grubFile, `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${line}"`),
          ["update-grub"],
        ],
        when: "host-reboot",
        undo: [["rm", grubFile], ["update-grub"]],
      };
    case "fedora":
      return {
        text: "Add it to every kernel's entry, then restart the host.",
        argv: [["grubby", "--update-kernel=ALL", `--args=${line}`]],
        when: "host-reboot",
        undo: [["grubby", "--update-kernel=ALL", `--remove-args=${line}`]],
      };
    case null:
      return advice("host-reboot", "Add it to the kernel's command line, and restart the host.");
  }
}
