import type { LocalityPrice } from "@evenkeel/core/fleet/locality-price.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import type { View } from "./plan-text.ts";
import { timesText } from "./times-text.ts";
import { hanging } from "./table.ts";
import { linesText } from "./terminal-text.ts";

/** What a locality gives and costs beside `strict`, for people. */
export function localityText(prices: readonly LocalityPrice[], { width, paint }: View): string {
  const about =
    "How many VMs of this request this host holds as it is, filled one by one, and how many times as " +
    "long each then takes to move its data as alone on its best place, all memory local:";
  return linesText([
    paint("bold", "localities"),
    ...hanging("  ", wrap(about, width - 2)),
    ...prices.flatMap((price) => hanging("  - ", wrap(priceSentence(price), width - 4))),
  ]);
}

const byBasis = {
  measured: "by measured figures",
  modelled: "by the cost model",
  unknown: "at least, since not all is known",
} as const satisfies Record<LocalityPrice["basis"], string>;

function priceSentence(price: LocalityPrice): string {
  const { locality, fits, more, meanSlowdown, leastSlowdown, mostSlowdown, basis } = price;
  const holds = `${locality} holds ${more ? "at least " : ""}${amountOf(fits, "VM")}`;
  if (meanSlowdown === null || leastSlowdown === null || mostSlowdown === null) return holds;
  const each =
    leastSlowdown === mostSlowdown
      ? `each ${timesText(meanSlowdown)}`
      : `${timesText(meanSlowdown)} on average`;
  const spread =
    leastSlowdown === mostSlowdown
      ? "spread 0"
      : `from ${timesText(leastSlowdown)} to ${timesText(mostSlowdown)}`;
  return `${holds}, ${each}, ${spread}, ${byBasis[basis]}`;
}
