import type { Need, NeedCode, Preparation } from "@evenkeel/core/prepare/preparation.ts";
import { sharedRemedies } from "@evenkeel/core/remedy/remedy.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { View } from "./plan-text.ts";
import { hanging, table } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/**
 * What a machine needs, for people: the room that it would have, the boot line, then each need with
 * what was found, and the commands below those that are not there. Every command is shown, because
 * somebody copies them.
 */
export function preparationText(preparation: Preparation, view: View): string {
  return linesText([
    ...headLines(preparation, view),
    "",
    ...roomLines(preparation, view),
    "",
    ...keptLines(preparation, view),
    ...bootLines(preparation, view),
    "",
    ...needLines(preparation, view),
  ]);
}

function headLines({ host, prepared, needs }: Preparation, { paint, width }: View): string[] {
  const required = needs.filter((one) => one.required);
  const counted = (state: Need["state"]): number =>
    required.filter((one) => one.state === state).length;
  const [missing, unknown] = [counted("missing"), counted("unknown")];
  const name = paint("bold", host);
  if (prepared === true) return [`${name} ${paint("green", "is prepared")}`];
  const rest = [
    ...(missing > 0 ? [`${amountOf(missing, "need")} missing`] : []),
    ...(unknown > 0 ? [`${amountOf(unknown, "need")} not told by this source`] : []),
  ].join(", ");
  const said =
    prepared === false
      ? `${host} is not prepared: ${rest}`
      : `${host}: not enough is known to say that it is prepared: ${rest}`;
  const [first = "", ...others] = wrap(said, width);
  const words = first.replace("is not prepared", paint("red", "is not prepared"));
  return [words.replace(host, name), ...others];
}

function roomLines({ room }: Preparation, { paint, width }: View): string[] {
  const rows = room.map(({ flavor, vms, wanted, atLeast }) => {
    const many = `${atLeast ? "at least " : ""}${amountOf(vms, "VM")}`;
    return [flavor, wanted === null ? many : `${many} of ${wanted}`];
  });
  const names = table(rows, ["left", "left"]);
  const order =
    room.filter(({ wanted }) => wanted === null).length < 2
      ? []
      : wrap(
          "each as if it alone were sold; pages of another size, in the memory that is left",
          width - 2,
        );
  return [
    paint("bold", "room, once it is prepared"),
    ...order.map((line) => paint("dim", `  ${line}`)),
    ...room.flatMap(({ signatureText, reason, untold }, i) => {
      const why = reason ?? untold.map(({ message }) => message).join(" ");
      const text = why === "" ? (signatureText ?? "") : why;
      const name = `  ${names[i] ?? ""}`;
      return [name, ...(text === "" ? [] : hanging("    ", wrap(text, width - 4)))];
    }),
  ];
}

function keptLines({ keeps }: Preparation, { paint, width }: View): string[] {
  const { cpus, memoryPerNodeBytes: bytes } = keeps;
  const what = `${cpus === "" ? "no CPU" : `CPUs ${cpus}`}, and ${formatBytes(bytes)} of memory on each node outside huge pages`;
  return [paint("bold", "kept for the host"), ...hanging("  ", wrap(what, width - 2))];
}

function bootLines({ boot }: Preparation, { paint, width }: View): string[] {
  const { words, instead, remedy } = boot;
  if (remedy === null) return [];
  // A line that is copied keeps its words, so it is broken at blanks alone.
  const replaced =
    instead === null || instead.length === 0
      ? []
      : hanging("  in place of  ", wrap(instead.join(" "), width - 15));
  return [
    "",
    paint("bold", "boot line"),
    ...brokenAtBlanks(words, width - 2).map((line) => `  ${line}`),
    ...replaced,
    ...hanging("  ", wrap(remedy.text, width - 2)),
    ...(remedy.argv ?? []).map((command) => `    ${shellLine(command)}`),
  ];
}

function brokenAtBlanks(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

const titles: Readonly<Record<NeedCode, string>> = {
  room: "room",
  iommu: "IOMMU",
  "iommu-passthrough": "IOMMU, passthrough mode",
  hugepages: "huge pages",
  "base-memory": "memory outside huge pages",
  hugetlbfs: "hugetlbfs",
  "isolated-cpus": "isolated CPUs",
  "vfio-module": "vfio-pci",
  "vfio-driver": "drivers of devices",
  kvm: "KVM",
  hypervisor: "hypervisor",
  "locked-memory": "locked memory",
};

/** By kind, in their order; needs of one kind that have one remedy show it once. */
function needLines({ needs }: Preparation, view: View): string[] {
  const byCode = Map.groupBy(needs, ({ code }) => code);
  return [
    view.paint("bold", "needs"),
    ...[...byCode].flatMap(([code, own]) => [
      `  ${titles[code]}${own.every(({ required }) => required) ? "" : view.paint("dim", " (advised)")}`,
      ...stateLines(own, view),
      ...remedyLinesOf(own, view),
    ]),
  ];
}

const colors = { there: "green", missing: "red", unknown: "yellow" } as const;

/** Needs of one kind that say the same of several subjects are one line. */
function stateLines(needs: readonly Need[], { paint, width }: View): string[] {
  const alike = Map.groupBy(needs, ({ state, needs: wanted, has }) =>
    JSON.stringify([state, wanted, has]),
  );
  return [...alike.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { state, needs: wanted, has } = first;
    const subjects = own.map(({ subject }) => subject).join(", ");
    const head = `    ${state.padEnd(7)}  `;
    const found =
      state === "there"
        ? has
        : `needs ${wanted}; ${has === null ? "nobody told" : `found: ${has}`}`;
    const [top = "", ...rest] = hanging(head, wrap(`${subjects}: ${found}`, width - head.length));
    return [top.replace(state, paint(colors[state], state)), ...rest];
  });
}

/** The remedies, each once; of what nobody told, for the case that it is missing. */
function remedyLinesOf(needs: readonly Need[], { width, paint }: View): string[] {
  const tells = new Set(needs.flatMap((one) => one.tells ?? []));
  return [
    ...[...tells].flatMap((one) => hanging("    to know  ", wrap(one, width - 13))),
    ...(["missing", "unknown"] as const).flatMap((state) => {
      const label = state === "missing" ? "try" : "if not";
      const mended = needs.flatMap((one) =>
        one.remedy === null || one.state !== state ? [] : [{ remedy: one.remedy }],
      );
      const texts = Map.groupBy(sharedRemedies(mended), ({ remedy }) => remedy.text);
      return [...texts].flatMap(([text, alike]) => {
        const head = `    ${label.padEnd(7)}  `;
        const [first = "", ...rest] = hanging(head, wrap(text, width - head.length));
        // Some are part of several remedies: each file is written once.
        const commands = new Set(
          alike.flatMap(({ remedy }) => (remedy.argv ?? []).map((one) => shellLine(one))),
        );
        return [
          first.replace(label, paint("green", label)),
          ...rest,
          ...[...commands].map((line) => `      ${line}`),
        ];
      });
    }),
  ];
}
