import { didYouMean } from "../../text/did-you-mean.ts";
import { count, type Tally } from "../../unit/tally.ts";
import type { Device } from "../inventory/devices.ts";
import { isWanted } from "../space/devices.ts";

/** What accelerators a host has, by number and model: `8 × H100 SXM5 80GB`. */
export function modelsOf(devices: readonly Device[]): string {
  const tally: Tally<string> = new Map();
  for (const { model } of devices) count(tally, model === null ? "GPU of unknown model" : model);
  return [...tally].map(([model, some]) => `${some} × ${model}`).join(", ");
}

/**
 * What was probably meant by a model that no accelerator of a host has: a word of one of their
 * names, or the name, that the text holds, is part of without regard to blanks and dashes, or
 * resembles; null where nothing does. A suggestion is always one that some accelerator answers to.
 */
export function modelMeant(wanted: string, devices: readonly Device[]): string | null {
  const names = [...new Set(devices.flatMap(({ model }) => model ?? []))];
  const suggestions = [...names.flatMap(wordsOf), ...names].filter((suggestion) =>
    devices.some((device) => isWanted(device, suggestion)),
  );
  const typed = plain(wanted);
  const within = suggestions.find((one) => wordsOf(wanted).map(plain).includes(plain(one)));
  if (within !== undefined) return within;
  const around = typed === "" ? undefined : names.find((name) => plain(name).includes(typed));
  if (around !== undefined) return around;
  return suggestions.find((one) => typed.includes(plain(one))) ?? didYouMean(wanted, suggestions);
}

/**
 * The words of a name that tell models apart: with a letter and a digit, and neither a size of
 * memory nor a form factor.
 */
function wordsOf(name: string): readonly string[] {
  return name
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => /[A-Za-z]/.test(word) && /\d/.test(word) && !isNoModel.test(word));
}

const isNoModel = /^(\d+[KMGT]i?B|SXM\d*|PCIe\d*|HBM\d*e?|GDDR\d*X?)$/i;

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
