import type { Outcome } from "./kill-points.ts";

/** Counts trials, and prints what is wrong. */
export interface Report {
  readonly begin: (part: string, points: number) => void;
  readonly add: (part: string, outcome: Outcome) => void;
  /** Prints the sum. False if anything is wrong. */
  readonly end: () => boolean;
}

export function makeReport(): Report {
  const started = performance.now();
  let [trials, missed, wrong] = [0, 0, 0];
  return {
    begin: (part, points) => console.log(`${part}: ${points} points`),
    add: (part, { where, reached, findings }) => {
      trials++;
      if (!reached) {
        missed++;
        console.log(`${part}: not reached: ${where}`);
      }
      if (findings.length === 0) return;
      wrong++;
      console.log(`${part}: ${where}`);
      for (const finding of findings) console.log(`    ${finding}`);
    },
    end: () => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      const counts = `${missed} not reached, ${wrong} with findings`;
      console.log(`${trials} trials in ${seconds} s: ${counts}`);
      return wrong === 0;
    },
  };
}
