import { bottleneckText } from "@evenkeel/core/cost/contention/bottleneck-text.ts";
import type { Bottleneck } from "@evenkeel/core/cost/contention/contention.ts";
import type { CostParts } from "@evenkeel/core/cost/plan-cost.ts";
import type { Forecast, VmForecast } from "@evenkeel/core/forecast/forecast-document.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import { shareText } from "@evenkeel/core/text/share.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { View } from "./plan-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";
import { timesText } from "./times-text.ts";

/** A forecast for people: every VM that the new one changes, and what slows it most. */
export function forecastText({ vms, unknown }: Forecast, { width, paint }: View): string {
  const isSame = ({ slowdownBefore, slowdownAfter }: VmForecast): boolean =>
    slowdownBefore === slowdownAfter;
  const same = vms.filter(isSame);
  const items = [
    ...vms.filter((one) => !isSame(one)).map(vmSentence),
    ...(same.length === 0 ? [] : [`as before: ${same.map(sameText).join(", ")}`]),
    ...unknown.map(({ what, why }) => `not known: ${what} (${why})`),
  ];
  const about =
    "How many times as long each VM takes to move its data as alone on the best place of this host, " +
    "all memory local, without the new VM → with it:";
  return linesText([
    paint("bold", "forecast"),
    ...hanging("  ", wrap(about, width - 2)),
    ...items.flatMap((item) => hanging("  - ", wrap(item, width - 4))),
  ]);
}

const nameOf = ({ vm, tenant }: VmForecast): string => guestName(vm, tenant);

const sameText = (one: VmForecast): string =>
  `${nameOf(one)} ${timesText(one.slowdownAfter)}${one.remoteShare > 0 ? ` with ${remoteText(one)}` : ""}`;

const remoteText = ({ remoteShare }: VmForecast): string =>
  `${shareText(remoteShare, 1)} of its memory remote`;

const byBasis = {
  measured: "by measured figures",
  modelled: "by the cost model",
  unknown: "at least, since not all is known",
} as const satisfies Record<VmForecast["basis"], string>;

function vmSentence(one: VmForecast): string {
  const { running, slowdownBefore, slowdownAfter, slowdownBusy, bottleneck, basis } = one;
  const name = running ? nameOf(one) : `${nameOf(one)} (new)`;
  const change =
    slowdownBefore === null
      ? timesText(slowdownAfter)
      : `${timesText(slowdownBefore)} → ${timesText(slowdownAfter)}`;
  const busy =
    slowdownBusy > slowdownAfter
      ? [`${timesText(slowdownBusy)} while all others are busy at once`]
      : [];
  return [
    `${name}: ${change} ${byBasis[basis]}`,
    ...busy,
    ...(one.remoteShare > 0 ? [`with ${remoteText(one)}`] : []),
    ...latencyWords(one),
    ...(bottleneck === null ? [] : [slowedText(bottleneck, one.parts)]),
  ].join("; ");
}

function latencyWords({ latencyBeforeNs, latencyAfterNs }: VmForecast): string[] {
  if (latencyAfterNs === null) return [];
  const [before, after] = [latencyBeforeNs, latencyAfterNs].map((one) =>
    one === null ? null : one.toFixed(0),
  );
  const change = before === null || before === after ? `${after}` : `${before} → ${after}`;
  return [`reads take ${change} ns`];
}

const partNames: Readonly<Record<keyof CostParts, string>> = {
  hostToDevice: "copies to and from its devices",
  memory: "reads and writes of its vCPUs",
  peer: "transfers among its accelerators",
  network: "transfers of its NICs",
};

function slowedText(bottleneck: Bottleneck, parts: CostParts): string {
  const { part } = bottleneck;
  return `${bottleneckText(bottleneck)}, so ${partNames[part]} take ${timesText(parts[part])} times as long`;
}
