import type { CliCommand } from "../command.ts";
import { capacityCommand } from "./capacity/command.ts";
import { completeCommand } from "./complete/command.ts";
import { completionCommand } from "./completion/command.ts";
import { demoCommand } from "./demo/command.ts";
import { placeCommand } from "./place/command.ts";
import { renderCommand } from "./render/command.ts";
import { simulateCommand } from "./simulate/command.ts";
import { snapshotCommand } from "./snapshot/command.ts";
import { topologyCommand } from "./topology/command.ts";

/** Every command, in the order in which help lists them. Their code is loaded when they run. */
export const commands: readonly CliCommand[] = [
  topologyCommand,
  snapshotCommand,
  placeCommand,
  capacityCommand,
  renderCommand,
  simulateCommand,
  demoCommand,
  completionCommand,
  completeCommand,
];

/** The commands that help, completion and suggestions speak of. */
export const shownCommands: readonly CliCommand[] = commands.filter(
  ({ description }) => description.length > 0,
);
