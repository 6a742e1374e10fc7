import { at } from "../../../unit/list.ts";
import { vmStyles } from "../line.ts";
import { fonts, ink, type Paint, paintRules, quiet } from "../../../xml/svg-style.ts";

const frame = ["#ccd3dd", "#3a4557"] as const;
const green = ["#166534", "#86efac"] as const;
const blue = ["#0b5a8f", "#7cc7f5"] as const;
const purple = ["#6b3fa0", "#c9a8f5"] as const;
const amber = ["#93610a", "#f2c14e"] as const;
const orange = ["#b93815", "#fb923c"] as const;

/** The contrast of text to its background is at least 4.5 in both schemes (WCAG 2, AA). */
const looks: Readonly<Record<string, Paint>> = {
  canvas: { fill: ["#ffffff", "#11161d"] },
  package: { fill: ["#f3f5f8", "#181f29"], stroke: frame },
  node: { fill: ["#ffffff", "#212a36"], stroke: frame },
  stray: { fill: ["#fffaf0", "#292317"], stroke: amber, more: "stroke-dasharray:5 4" },
  panel: { fill: ["#ffffff", "#11161d"] },
  gpu: { fill: ["#dcf5e4", "#153824"], stroke: ["#2f9e57", "#3fae6a"], more: "stroke-width:1.5" },
  nicBox: { fill: ["#dff0fb", "#12324a"], stroke: ["#3f93cc", "#3f93cc"] },
  many: { fill: ["#f1f4f9", "#1a222d"], stroke: ["#c3ccd9", "#465469"] },
  functionBox: { fill: ["#f7f8fa", "#1c2430"], stroke: ["#98a2b3", "#5b6980"] },
  bridge: { fill: ["#eceff3", "#2c3644"], stroke: ["#98a2b3", "#5b6980"] },
  wire: { stroke: ["#98a2b3", "#5b6980"], more: "fill:none;stroke-width:1.5" },
  cache: { fill: ["#f1f4f9", "#1a222d"], stroke: ["#c3ccd9", "#465469"] },
  cachePart: { stroke: ["#8d99ab", "#6b7a91"], more: "fill:none;stroke-dasharray:3 3" },
  l3Frame: { fill: ["#e6ebf3", "#121922"], stroke: ["#8d99ab", "#6b7a91"] },
  cacheUnknown: { stroke: amber, more: "fill:none;stroke-dasharray:3 3" },
  thread: { fill: ["#5b7db8", "#86a8e0"] },
  thread1: { fill: ["#2f8f83", "#5cc4b6"] },
  thread2: { fill: ["#8a6d3b", "#d0b27a"] },
  threadUnknown: { stroke: amber, more: "fill:none;stroke-dasharray:2 2" },
  threadOff: { stroke: orange, more: "fill:none;stroke-width:1" },
  coreFree: { fill: ["#e9eef5", "#303b4a"], stroke: ["#b3bdcb", "#566377"] },
  coreKept: { fill: ["#ffffff", "#11161d"], stroke: ["#98a2b3", "#5b6980"] },
  coreClosed: {
    fill: ["#ffffff", "#11161d"],
    stroke: ["#98a2b3", "#5b6980"],
    more: "stroke-dasharray:2 2",
  },
  room: { fill: ["#e4e8ee", "#323d4c"] },
  roomUnknown: { stroke: amber, more: "fill:none;stroke-dasharray:3 3" },
  base: { fill: ["#cbb6e6", "#5c4680"] },
  hugeFree: { fill: ["#8e62c7", "#a97fe0"] },
  hugeTaken: { fill: ["#5a3490", "#6d4aa0"] },
  direct: { stroke: ["#2f9e57", "#3fae6a"], more: "fill:none;stroke-width:1.5" },
  hub: { fill: ["#b7e6c8", "#1d5a37"], stroke: ["#2f9e57", "#3fae6a"] },
  dot: { fill: ["#2f9e57", "#3fae6a"] },
  heat0: { fill: ["#eef1f5", "#232c38"] },
  heat1: { fill: ["#fdf0d5", "#3a3222"] },
  heat2: { fill: ["#fbdca8", "#57421f"] },
  heat3: { fill: ["#f7c07a", "#744d1f"] },
  heat4: { fill: ["#f0a35e", "#8a4a20"] },
  heatUnknown: { fill: ["#fffaf0", "#292317"], stroke: amber, more: "stroke-dasharray:3 3" },
  plain: { fill: ink },
  frame: { fill: quiet },
  title: { fill: ink, more: "font-weight:600" },
  accelerator: { fill: green, more: "font-weight:600" },
  nic: { fill: blue, more: "font-weight:600" },
  memory: { fill: purple },
  faint: { fill: quiet },
  unknown: { fill: amber, more: "font-style:italic" },
  warning: { fill: orange },
};

/**
 * The colors of VMs, after Okabe and Ito's, which color-blind people tell apart; in the second
 * round with a dashed edge. Signs in plain ink stand on them, with the contrast of text.
 */
const vmFills: readonly (readonly [string, string])[] = [
  ["#6fd3a0", "#1d6f46"],
  ["#7cc8f2", "#1b638b"],
  ["#f7b755", "#80530a"],
  ["#f2a7d0", "#97356f"],
  ["#93aef5", "#3557c0"],
  ["#f59a80", "#a0371e"],
  ["#bcc4d0", "#566173"],
];

const vmLooks: Readonly<Record<string, Paint>> = Object.fromEntries([
  ...vmStyles.map((style, i): [string, Paint] => {
    const fill = at(vmFills, i % vmFills.length);
    const again = i >= vmFills.length;
    const edge = "stroke-width:1.5;stroke-dasharray:2 2";
    return [style, again ? { fill, stroke: ink, more: edge } : { fill }];
  }),
  ["vmNew", { fill: ["#ffffff", "#11161d"], stroke: ink, more: "stroke-width:2" }],
  ["vmSeveral", { fill: ["#e3d9b8", "#5a5233"], stroke: ["#8a7a3d", "#b3a36a"] }],
]);

/** The style sheet of a drawing of a machine. */
export function styleSheet(): string {
  return `.evenkeel text{${fonts};white-space:pre}${paintRules({ ...looks, ...vmLooks })}`;
}
