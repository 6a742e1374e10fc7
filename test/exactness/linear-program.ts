import { createRequire } from "node:module";
import { count, type Tally } from "@evenkeel/core/unit/tally.ts";
import type { Highs } from "highs";

// The package declares the types of its CommonJS form alone.
const highsLoader: () => Promise<Highs> = createRequire(import.meta.url)("highs");

/** A variable by its name in the program. */
export type Variable = string;

/** A sum of variables with factors; a variable may occur more than once. */
export type Terms = readonly (readonly [factor: number, variable: Variable])[];

export type Values = (variable: Variable) => number;

/** A mixed integer linear program, built piece by piece and solved with HiGHS. */
export interface LinearProgram {
  /** 0 or 1. */
  readonly binary: () => Variable;
  /** Any whole number from 0. */
  readonly count: () => Variable;
  /** Any number from 0. */
  readonly amount: () => Variable;
  readonly require: (terms: Terms, relation: "<=" | "=" | ">=", bound: number) => void;
  /** The values at which the sum is least; null when the requirements contradict each other. */
  readonly minimize: (terms: Terms) => Values | null;
}

/**
 * HiGHS in WebAssembly, whose memory grows and is never given back: after some thousand programs
 * it is loaded anew. https://github.com/lovasoa/highs-js
 */
export interface Solver {
  readonly program: () => LinearProgram;
  /** Call now and then between programs. */
  readonly refresh: () => Promise<void>;
}

const solvesPerInstance = 4000;

/**
 * Nothing may be given away to tolerances: costs differ in their fourth digit and further back.
 * With its presolve HiGHS 1.15.1 is no faster on these programs, calls some infeasible that are
 * not, and on few never ends, whatever its limit of time.
 */
const options = {
  output_flag: false,
  presolve: "off",
  mip_rel_gap: 0,
  mip_abs_gap: 1e-9,
  mip_feasibility_tolerance: 1e-9,
  primal_feasibility_tolerance: 1e-9,
  dual_feasibility_tolerance: 1e-9,
} as const;

/**
 * To ask again what is called infeasible, which may be rounding that meets tolerances this narrow.
 */
const secondOptions = {
  output_flag: false,
  presolve: "off",
  mip_rel_gap: 0,
  mip_abs_gap: 1e-9,
} as const;

export async function loadSolver(): Promise<Solver> {
  let highs: Highs = await highsLoader();
  let solves = 0;
  return {
    program: () =>
      linearProgram((text) => {
        solves++;
        const solution = highs.solve(text, options);
        return solution.Status === "Infeasible" ? highs.solve(text, secondOptions) : solution;
      }),
    async refresh() {
      if (solves < solvesPerInstance) return;
      solves = 0;
      highs = await highsLoader();
    },
  };
}

type Solve = (text: string) => ReturnType<Highs["solve"]>;

function linearProgram(solve: Solve): LinearProgram {
  const binaries: Variable[] = [];
  const counts: Variable[] = [];
  const amounts: Variable[] = [];
  const rows: string[] = [];
  let contradiction = false;
  const named = (list: Variable[], letter: string) => (): Variable => {
    const name = `${letter}${list.length}`;
    list.push(name);
    return name;
  };
  return {
    binary: named(binaries, "b"),
    count: named(counts, "c"),
    amount: named(amounts, "a"),
    require(terms, relation, bound) {
      const sum = written(terms);
      if (sum !== "") {
        rows.push(` r${rows.length}: ${sum} ${relation} ${bound}`);
        return;
      }
      // The format has no empty sums.
      const holds = relation === "=" ? bound === 0 : relation === "<=" ? bound >= 0 : bound <= 0;
      contradiction ||= !holds;
    },
    minimize(terms) {
      if (contradiction) return null;
      const first = binaries[0] ?? counts[0] ?? amounts[0];
      if (first === undefined) return () => 0;
      const text = [
        "Minimize",
        ` cost: ${written(terms) || `0 ${first}`}`,
        "Subject To",
        ...(rows.length > 0 ? rows : [` r0: ${first} >= 0`]),
        "Binaries",
        ...binaries.map((name) => ` ${name}`),
        ...(counts.length > 0 ? ["General", ...counts.map((name) => ` ${name}`)] : []),
        "End",
      ].join("\n");
      const solution = solve(text);
      if (solution.Status === "Infeasible") return null;
      if (solution.Status !== "Optimal") throw new Error(`HiGHS ends with ${solution.Status}`);
      const columns = solution.Columns;
      return (variable) => {
        const column = columns[variable];
        // One that no row names is in no program, and may have any value.
        if (column === undefined) return 0;
        const value = column.Primal;
        return /^[bc]/.test(variable) ? Math.round(value) : value;
      };
    },
  };
}

function written(terms: Terms): string {
  const factors: Tally<Variable> = new Map();
  for (const [factor, variable] of terms) count(factors, variable, factor);
  return [...factors]
    .filter(([, factor]) => factor !== 0)
    .map(([variable, factor]) => `${factor < 0 ? "-" : "+"} ${Math.abs(factor)} ${variable}`)
    .join(" ");
}
