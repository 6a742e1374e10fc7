import { fonts, ink, type Paint, paintRules, quiet } from "@evenkeel/core/xml/svg-style.ts";

const faint = ["#e4e8ee", "#2a3442"] as const;

/**
 * One color for each rule, distinguishable for people who see colors differently (after Okabe and
 * Ito). Green, which marks what is right in the drawings of machines, is Evenkeel's; the nearest
 * color is its solver's. Their text has a contrast of at least 4.5 to the background in both
 * schemes (WCAG 2, AA).
 */
const colors: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  evenkeel: ["#15803d", "#4ade80"],
  solver: ["#0f6b6b", "#5eead4"],
  fgd: ["#0b5a8f", "#7cc7f5"],
  "first-fit": ["#93610a", "#f2c14e"],
  "best-fit": ["#a3307e", "#f0a3d6"],
  pack: ["#6b3fa0", "#c9a8f5"],
  spread: ["#b93815", "#fb923c"],
  random: ["#667085", "#94a1b5"],
};

/** The class of a policy's line and text: that of its rule, with or without knowledge of nodes. */
export function lookOf(policy: string): string {
  const [rule = ""] = policy.split("+");
  return Object.hasOwn(colors, rule) ? rule : "random";
}

/** The style sheet of a chart. */
export function chartStyle(): string {
  const looks: Record<string, Paint> = {
    canvas: { fill: ["#ffffff", "#11161d"] },
    panel: { fill: ["#f8f9fb", "#161d26"] },
    track: { fill: ["#e9edf2", "#232c38"] },
    grid: { stroke: faint, more: "fill:none" },
    axis: { stroke: ["#98a2b3", "#5b6980"], more: "fill:none" },
    leader: { stroke: quiet, more: "fill:none;stroke-width:.75;opacity:.6" },
    plain: { fill: ink },
    title: { fill: ink, more: "font-weight:600" },
    faint: { fill: quiet },
  };
  for (const [name, color] of Object.entries(colors)) {
    const strong = name === "evenkeel";
    looks[`line-${name}`] = { stroke: color, more: `fill:none;stroke-width:${strong ? 3 : 1.75}` };
    looks[`bar-${name}`] = { fill: color, more: strong ? "" : "opacity:.62" };
    looks[`text-${name}`] = { fill: color, more: strong ? "font-weight:600" : "" };
  }
  return (
    `.evenkeel text{${fonts};font-variant-numeric:tabular-nums}` +
    ".evenkeel path{stroke-linejoin:round;stroke-linecap:round}.evenkeel .aware{stroke-dasharray:6 5}" +
    paintRules(looks)
  );
}
