import { existsSync } from "node:fs";
import { catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { CliCommand } from "../command/command.ts";
import { isPlainSource, splitNamed } from "../flags/sources.ts";
import { kindInFile } from "./named-file.ts";
import { has } from "./rule.ts";

/** Whether a word looks like the name of a file. */
export const isFileName = (word: string): boolean =>
  !word.startsWith("-") &&
  (/\.(?:ya?ml|json|tar|t?gz|xz|zst|xml|txt|log)$/i.test(word) || word.includes("/"));

/** A word that names a machine, as a SRC; null for other words. */
export function sourceOf(word: string): string | null {
  if (catalogNames.includes(word) && !existsSync(word)) return `machine:${word}`;
  return word === "live" || isPlainSource(splitNamed(word).source) ? word : null;
}

/** The flag of a command that takes a word: a machine, or a file by what it says to be. */
export function flagForFile(entry: CliCommand, word: string): string | null {
  const first = (...names: string[]): string | null =>
    names.find((name) => has(entry, name)) ?? null;
  if (/^(?:catalog|openb|fleet):./.test(word)) return first("world");
  if (sourceOf(word) !== null) return first("on", "from", "world");
  switch (kindInFile(word)) {
    case "Plan":
      return first("taken", "plan");
    case "Flavor":
      return first("flavor", "fit");
    case "HostPolicy":
      return first("policy");
    case "Topology":
      return first("on", "from");
    case "Fleet":
      return first("fleet", "world");
    case "GuestReport":
      return first("guest-report");
    case "Evidence":
      return first("evidence");
    default:
      return /\.(?:tar|t?gz|xz|zst|xml|txt)$/i.test(word) ? first("on", "from") : null;
  }
}

/** A machine as a flag takes it. */
export function valueFor(flag: string, word: string): string {
  if (flag === "world" && kindInFile(word) === "Fleet") return `fleet:${word}`;
  if (flag === "world") return (sourceOf(word) ?? word).replace(/^machine:/, "catalog:");
  return flag === "on" || flag === "from" ? (sourceOf(word) ?? word) : word;
}
