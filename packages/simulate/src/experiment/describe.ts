import type { Claim } from "./claims.ts";
import type { Experiment } from "./experiment.ts";

/** A multiple of a time: `1.00`, `1.37`, `12.4`. */
export function timesText(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** What an experiment is about, in a sentence or two. */
export function aboutExperiment(experiment: Experiment): string {
  const { flavor, workload, perHost, load, seed, ways } = experiment;
  const others =
    perHost === 1
      ? "alone on its machine"
      : load === 0
        ? `${perHost} on a machine, of which one is busy at a time`
        : load === 1
          ? `${perHost} on a machine, all of them busy`
          : `${perHost} on a machine, ${Math.round(load * 100)} % of the others busy`;
  const basis = ways.some((way) => way.basis === "unknown")
    ? "Some of the machine's figures are a guess, as nobody told them"
    : ways.every((way) => way.basis === "measured")
      ? "By the machine's own measurements"
      : "Modelled from published figures";
  return `${flavor}, for ${workload}; ${others}. ${basis}. Seed ${seed}.`;
}

/** Whether a claim comes out here, in a word. */
export const holdsTexts: Readonly<Record<Claim["holds"], string>> = {
  yes: "comes out",
  partly: "partly",
  no: "does not",
  moot: "not here",
  unknown: "unknown",
};
