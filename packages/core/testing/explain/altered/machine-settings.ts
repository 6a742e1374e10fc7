import { onMachine } from "../clean.ts";
import type { Alteration } from "./alteration.ts";

/** How the machine is set. */
export const machineAlterations: readonly Alteration[] = [
  {
    code: "deep-idle-states",
    what: "C6 of 170 us is enabled",
    alter: (evidence) =>
      onMachine(evidence, ({ cpus }) => ({
        cpus: (cpus ?? []).map((own) => ({
          ...own,
          idleStates: (own.idleStates ?? []).map((state) => ({ ...state, disabled: false })),
        })),
      })),
  },
];
