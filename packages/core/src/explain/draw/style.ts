import { fonts, ink, type Paint, paintRules, quiet } from "../../xml/svg-style.ts";

const frame = ["#ccd3dd", "#3a4557"] as const;

/** The contrast of text to its background is at least 4.5 in both schemes (WCAG 2, AA). */
const looks: Readonly<Record<string, Paint>> = {
  node: { fill: ["#f3f5f8", "#181f29"], stroke: frame },
  home: { fill: ["#eef8f1", "#14261b"], stroke: ["#2f9e57", "#3fae6a"] },
  track: { fill: ["#dfe4ea", "#323d4c"] },
  atHome: { fill: ["#2f9e57", "#3fae6a"] },
  away: { fill: ["#d9480f", "#fb923c"] },
  other: { fill: ["#98a2b3", "#5b6980"] },
  device: { fill: ["#dcf5e4", "#153824"], stroke: ["#2f9e57", "#3fae6a"] },
  plain: { fill: ink },
  title: { fill: ink, more: "font-weight:600" },
  faint: { fill: quiet },
  warn: { fill: ["#b93815", "#fb923c"], more: "font-weight:600" },
};

/** Everything that a page needs: it loads nothing. Dark where the reader prefers that. */
export function pageStyle(): string {
  return [
    `body{${fonts};margin:0 auto;max-width:1080px;padding:24px;line-height:1.45;background:#fff;color:${ink[0]}}`,
    "h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 8px}",
    `p{margin:4px 0}.faint{color:${quiet[0]}}`,
    ".pair{display:grid;grid-template-columns:1fr 1fr;gap:24px;margin-top:16px}",
    "@media(max-width:760px){.pair{grid-template-columns:1fr}}",
    ".pair svg{width:100%;height:auto}",
    "section.fault{border-left:4px solid #d9480f;padding:2px 0 2px 14px;margin:14px 0}",
    "section.fault.unpriced{border-color:#98a2b3}section.fault h3{font-size:15px;margin:0}",
    ".price{font-weight:600;color:#b93815}",
    "dl{display:grid;grid-template-columns:88px 1fr;gap:2px 10px;margin:4px 0}dt{color:#667085}dd{margin:0;overflow-wrap:anywhere}",
    "pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px}ul{margin:4px 0;padding-left:20px}",
    `.evenkeel text{${fonts};white-space:pre}${paintRules(looks)}`,
    `@media (prefers-color-scheme:dark){body{background:#11161d;color:${ink[1]}}.faint,dt{color:${quiet[1]}}.price{color:#fb923c}}`,
  ].join("");
}
